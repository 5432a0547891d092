import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** Imports only run downwards; an upper layer's folder is named in those below. */
const layers = [
  { files: ["src/netlink/**"], above: ["rtnetlink", "host", "cli"], native: false },
  { files: ["src/rtnetlink/**"], above: ["host", "cli"], native: false },
  { files: ["src/ovsdb/**"], above: ["rtnetlink", "host", "openvswitch", "cli"], native: false },
  { files: ["src/openvswitch/**"], above: ["cli"], native: false },
  { files: ["src/host/**"], above: ["cli"], native: true },
  { files: ["src/cli/**"], above: [], native: false },
];

const addon = { group: ["*.node"], message: "Only src/native.ts loads the addon." };

function imports({ files, above, native }) {
  const patterns = [
    addon,
    ...above.map((folder) => ({ group: [`**/${folder}/**`], message: `${folder} stands above this folder.` })),
    ...(native ? [] : [{ group: ["**/native.js"], message: "The addon is reached through src/host." }]),
    ...(above.length > 0
      ? [{ group: ["../index.js", "../../index.js"], message: "The public face stands above." }]
      : []),
  ];
  const paths = [{ name: "node:module", importNames: ["createRequire"], message: addon.message }];
  return { files, rules: { "no-restricted-imports": ["error", { paths, patterns }] } };
}

export default tseslint.config(
  { ignores: ["build/", "dist/", "prebuilds/"] },
  eslint.configs.recommended,
  {
    rules: {
      "max-lines": ["error", 300],
      eqeqeq: "error",
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "tsconfig.json" } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/unbound-method": "off",
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
  ...layers.map(imports),
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, "readonly"])),
    },
  },
);
