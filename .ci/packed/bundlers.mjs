// The four bundlers, each with what its users get by default: a folder with the page's script from a program.
import { join } from 'node:path'
import { build as viteBuild } from 'vite'
import { root } from './pack.mjs'

/**
 * By name: `(entry, out, folder)` bundles `entry` of `folder` into `out/main.js` and gives the lines it warned of.
 */
export async function loadBundlers(tools) {
  const esbuild = await tools.import('esbuild/lib/main.js')
  const { default: webpack } = await tools.import('webpack/lib/index.js')
  const { rolldown } = await import(join(root, 'node_modules/rolldown/dist/index.mjs'))
  return {
    async esbuild(entry, out, folder) {
      const { warnings } = await esbuild.build({
        absWorkingDir: folder,
        entryPoints: { main: entry },
        outdir: out,
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'browser',
        logLevel: 'silent',
      })
      return warnings.map(({ text }) => text)
    },
    webpack: (entry, out, folder) =>
      new Promise((resolve, reject) => {
        const settings = {
          mode: 'production',
          context: folder,
          entry,
          output: { path: out, filename: 'main.js' },
        }
        // What it says of sizes is no fault, and minifying would take half of the step's time.
        webpack(
          { ...settings, performance: { hints: false }, optimization: { minimize: false } },
          (error, stats) => {
            if (error) return reject(error)
            const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
            if (errors.length > 0) return reject(new Error(errors.map(({ message }) => message).join('\n')))
            resolve(warnings.map(({ message, moduleName }) => `${message.split('\n')[0]} (${moduleName})`))
          },
        )
      }),
    async Vite(entry, out, folder) {
      const warnings = []
      await viteBuild({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        base: './',
        build: {
          outDir: out,
          target: 'es2023',
          minify: false,
          reportCompressedSize: false,
          rolldownOptions: {
            input: entry,
            output: { entryFileNames: 'main.js' },
            checks: { pluginTimings: false },
            onLog: (level, { message }) => level === 'warn' && warnings.push(message),
          },
        },
      })
      return warnings
    },
    async Rolldown(entry, out, folder) {
      const warnings = []
      const bundle = await rolldown({
        cwd: folder,
        input: { main: entry },
        platform: 'browser',
        checks: { pluginTimings: false },
        onLog: (level, { message }) => level === 'warn' && warnings.push(message),
      })
      await bundle.write({ dir: out, format: 'esm' })
      await bundle.close()
      return warnings
    },
  }
}
