export const file: string;
export function page(text: string): string;
