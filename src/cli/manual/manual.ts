import { networkSchema } from "../../networks/definition-schema.js";
import { policySchema } from "../../qemu/policy.js";
import { declarationSchema } from "../../topology/declaration/schema.js";
import type { Catalogue } from "../command.js";
import { commandPages } from "./command-pages.js";
import { type Schema, schemaPage } from "./schema-page.js";

const files = [
  {
    name: "host.yaml",
    about: "how a host is wired, for linkwright",
    place:
      "A declaration, as linkwright-apply(1), linkwright-plan(1) and linkwright-enable(1) read it, in YAML or JSON. What is not named in it " +
      "is left alone; what is named is exactly so afterwards.",
    example: "links:\n  br0: { kind: bridge, addresses: [192.0.2.1/24], up: true }\n  eno1: { master: br0, up: true }",
    schema: declarationSchema,
  },
  {
    name: "network.yaml",
    about: "a network for guests, for linkwright",
    place:
      "A network, as linkwright-network(1) reads it, in YAML or JSON. Those that are defined are kept below /var/lib/linkwright/networks.",
    example: "name: guests\nmode: nat\nsubnet: 192.168.50.0/24\ndhcp: {}",
    schema: networkSchema,
  },
  {
    name: "qemu.json",
    about: "which TAPs of QEMU join which bridge, for linkwright",
    place:
      "/etc/linkwright/qemu.json is what linkwright-qemu(1) compiles: the programs that QEMU calls go by the compiled plan alone. " +
      "Comments and trailing commas are allowed.",
    example: '{ "rules": [{ "bridge": "br0" }] }',
    schema: policySchema,
  },
];

/** Every page of the manual, by its path below a folder such as /usr/local/share/man. */
export function manual(catalogue: Catalogue, version: string): Record<string, string> {
  const below = (section: number, pages: Record<string, string>): [string, string][] =>
    Object.entries(pages).map(([name, text]) => [`man${section}/${name}`, text]);
  const formats = files.map(({ schema, ...file }) => [
    `${file.name}.5`,
    schemaPage({ ...file, version }, schema() as Schema),
  ]);
  return Object.fromEntries([
    ...below(1, commandPages(catalogue, version)),
    ...below(5, Object.fromEntries(formats) as Record<string, string>),
  ]);
}
