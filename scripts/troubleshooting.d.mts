import type { Check } from "../src/diagnosis/check.js";

export declare const file: string;
export declare function page(text: string, checks: readonly Check[]): string;
