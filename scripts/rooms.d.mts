export const rooms: readonly (readonly [name: string, about: string])[];
export function roomOf(file: string): string;
export function forbidden(from: string, to: string): string | undefined;
export function importsOf(src?: string): Map<string, string[]>;
export function circlesOf(imports: Map<string, string[]>): string[][];
