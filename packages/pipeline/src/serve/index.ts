export { type ModelServer, type ServedRequest, type ServeModelOptions, serveModel } from './serve-model.ts'
