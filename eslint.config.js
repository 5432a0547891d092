import eslint from "@eslint/js";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import tseslint from "typescript-eslint";
import { forbidden } from "./scripts/rooms.mjs";

const folder = dirname(fileURLToPath(import.meta.url));

/** Imports run downwards: a folder of src imports only from those that stand before it in scripts/rooms.mjs. */
const downwards = {
  create(context) {
    const file = relative(join(folder, "src"), context.filename);
    const check = (node, path) => {
      if (typeof path !== "string" || !path.startsWith(".")) return;
      const problem = forbidden(file, posix.join(dirname(file), path));
      if (problem !== undefined) context.report({ node, message: problem });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.value),
      TSImportType: (node) => check(node, node.source?.value ?? node.argument?.literal?.value),
      'CallExpression[callee.name="require"]': (node) => check(node, node.arguments[0]?.value),
    };
  },
};

export default tseslint.config(
  { ignores: ["build/", "dist/", "docs/site/", "prebuilds/", "test/package/fixtures/"] },
  eslint.configs.recommended,
  {
    rules: {
      "max-lines": ["warn", { max: 500, skipBlankLines: true, skipComments: true }],
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "tsconfig.json" } },
    rules: {
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
      ],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/unbound-method": "off",
      // What is loaded late is required: Node tries a require again that failed.
      "@typescript-eslint/no-require-imports": ["error", { allow: ["^\\.\\.?/"] }],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-base-to-string": "off",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreUsingDeclarations: true, ignoreRestSiblings: true }],
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },
  {
    files: ["src/**/*.ts"],
    plugins: { linkwright: { rules: { downwards } } },
    rules: { "linkwright/downwards": "error" },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/kernel/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["*.node"], message: "Only src/kernel/addon.ts loads the addon." }] },
      ],
    },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, "readonly"])),
    },
  },
);
