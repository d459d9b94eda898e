import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../lib/run.ts';

const INSTALL_TIMEOUT_MS = 480_000;

/** The texts of a package.json and of its package-lock.json. */
export interface NodeProject {
  readonly manifest: string;
  readonly lock: string;
}

/**
 * A folder outside of the checkout whose node_modules holds exactly what the lock says, made once and then reused:
 * `${XDG_CACHE_HOME:-~/.cache}/duotel/node/<key>`. Install scripts are not run.
 * @throws Error with what npm said; nothing half-made is left.
 */
export async function ensureNodePackages(project: NodeProject, report: (line: string) => void = () => {}): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([project.manifest, project.lock, process.platform, process.arch]))
    .digest('hex')
    .slice(0, 16);
  const home = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'duotel', 'node', key);
  if (await exists(home)) return home;
  report(`installing Node packages into ${home} (about 30 s)`);
  const target = `${home}.${process.pid}.partial`;
  try {
    await mkdir(target, { recursive: true });
    await mkdir(dirname(home), { recursive: true });
    await writeFile(join(target, 'package.json'), project.manifest);
    await writeFile(join(target, 'package-lock.json'), project.lock);
    const { code, stderr } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: target,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (code !== 0) throw new Error(`npm ci of ${key}: ended with ${code}: ${stderr.trim().slice(-2000)}`);
    // Another run may have been faster; its folder is as good.
    await rename(target, home).catch(async (error: unknown) => {
      if (!(await exists(home))) throw error;
    });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
  return home;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
