export * from './recipe/index.ts'
