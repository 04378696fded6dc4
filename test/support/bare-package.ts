/** A copy of the package without binaries, which a process of its own loads. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeTemporaryFolder } from './temporary-folder';

const root = join(__dirname, '..', '..');

interface LoadOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The outcome: an error's code and message, or the version of the kernel's allocator. */
export interface Loaded {
  readonly code?: string;
  readonly message?: string;
  readonly kernelVersion?: string;
}

export class BarePackage implements Disposable {
  readonly folder = makeTemporaryFolder();

  /** Copies the built JavaScript, and the files and folders that are named. */
  constructor(...names: readonly string[]) {
    for (const name of ['dist', 'package.json', ...names])
      cpSync(join(root, name), join(this.folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Puts a copy of a file into the package, for one test. */
  withFile(name: string, source: string): Disposable & { readonly path: string } {
    const path = join(this.folder, name);
    const [top = ''] = name.split('/');
    mkdirSync(dirname(path), { recursive: true });
    cpSync(source, path);
    return {
      path,
      [Symbol.dispose]: () => {
        rmSync(join(this.folder, top), { recursive: true });
      },
    };
  }

  load({ flags = [], env = {} }: LoadOptions = {}): Loaded {
    const program = `
      try {
        const { kernelVersion } = require(${JSON.stringify(this.folder)});
        console.log(JSON.stringify({ kernelVersion }));
      } catch ({ code, message }) {
        console.log(JSON.stringify({ code, message }));
      }`;
    const { stdout } = spawnSync(process.execPath, [...flags, '-e', program], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { ...process.env, GPU_BUDDY_ADDON: '', ...env },
    });
    return JSON.parse(stdout) as Loaded;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
