/** A kernel in the cache: paths of what it consists of. */
export interface Kernel {
  readonly folder: string;
  readonly release: string;
  readonly version: string;
  readonly image: string;
  readonly busybox: string;
  readonly early: string;
  readonly modules: string;
}

export function provideKernel(series: string): { kernel?: Kernel; missing?: string };
