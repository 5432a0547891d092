import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";

/** The literal value of a type such as `4` or `"text"`; undefined of another. */
function literal(node) {
  if (node === undefined || !ts.isLiteralTypeNode(node)) return undefined;
  if (ts.isNumericLiteral(node.literal)) return Number(node.literal.text);
  return ts.isStringLiteral(node.literal) ? node.literal.text : undefined;
}

/** A line of a table as it is declared, `readonly mtu: readonly [4, Codec<number>, "the largest packet, in bytes"]`. */
function lineOf(member) {
  if (!ts.isPropertySignature(member) || member.type === undefined) return undefined;
  const tuple = ts.isTypeOperatorNode(member.type) ? member.type.type : member.type;
  if (!ts.isTupleTypeNode(tuple)) return undefined;
  const values = tuple.elements.map(literal);
  const [number, description] = typeof values[0] === "number" ? [values[0], values[2]] : [undefined, values[1]];
  if (typeof description !== "string") return undefined;
  return { property: member.name.text, number, description, node: member };
}

/** Whether a declared line is a table's. */
function matches(line, attribute) {
  return attribute !== undefined && attribute.number === line.number && attribute.description === line.description;
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}`;
}

/** What an editor shows of an attribute: what it is, its unit, its default, the kernel's name, since when, and who sets it when. */
export function commentOf({ name, description, unit, since, default: initial, readOnly, atCreation, mandatory }) {
  const inUnit = unit === undefined || description.includes(unit) ? "" : ` (${unit})`;
  const facts = [
    name === undefined ? "" : `\`${name}\``,
    since === undefined ? "" : `since Linux ${since}`,
    initial === undefined ? "" : `${JSON.stringify(initial)} unless set`,
    readOnly ? "only the kernel sets it" : "",
    mandatory ? "must be given to create one" : "",
    atCreation ? "cannot be changed later" : "",
  ].filter((fact) => fact !== "");
  const what = `${sentence(description)}${inUnit}.`.replaceAll("*/", "* /");
  return facts.length === 0 ? [what] : [what, "", `${sentence(facts.join("; "))}.`];
}

/** Puts the comments of the tables' lines into one file of declarations; which tables were found is added to `found`. */
function documented(text, tables, found) {
  const source = ts.createSourceFile("x.d.ts", text, ts.ScriptTarget.Latest, true);
  const insertions = [];
  const visit = (node) => {
    if (ts.isTypeLiteralNode(node)) {
      const lines = node.members.map(lineOf).filter((line) => line !== undefined);
      const table =
        lines.length === 0
          ? undefined
          : tables
              .filter(({ byProperty }) => lines.every((line) => matches(line, byProperty.get(line.property))))
              .sort((one, other) => one.byProperty.size - other.byProperty.size)[0];
      if (table !== undefined) {
        if (lines.length === table.byProperty.size) found.add(table);
        for (const { property, node: member } of lines)
          insertions.push([member.getStart(source), commentOf(table.byProperty.get(property))]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let result = text;
  for (const [place, lines] of insertions.sort(([one], [other]) => other - one)) {
    const indent = /[ \t]*$/.exec(result.slice(0, place))[0];
    const comment =
      lines.length === 1
        ? `/** ${lines[0]} */`
        : ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */"].join(`\n${indent}`);
    result = `${result.slice(0, place)}${comment}\n${indent}${result.slice(place)}`;
  }
  return result;
}

/**
 * Makes the declarations say what the tables know of each attribute, and be understood by older compilers and by those that are
 * told of no types: `descriptions` is what the tables say of themselves. Throws when a table is declared nowhere.
 */
export function completeDeclarations(folder, descriptions) {
  const tables = descriptions.map(({ space, attributes }) => ({
    space,
    byProperty: new Map(attributes.map((attribute) => [attribute.property, attribute])),
  }));
  const found = new Set(tables.filter(({ byProperty }) => byProperty.size === 0));
  for (const name of readdirSync(folder, { recursive: true }).filter((each) => each.endsWith(".d.ts"))) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    // TypeScript before 5.7 knows neither Uint8Array nor DataView of something.
    const plain = text.replace(/\b(Uint8Array|DataView|Buffer)<ArrayBuffer(Like)?>/g, "$1");
    const head =
      basename(name) === "index.d.ts"
        ? '/// <reference types="node" />\n/// <reference lib="esnext.disposable" />\n'
        : "";
    const complete = head + (plain.includes("readonly [") ? documented(plain, tables, found) : plain);
    if (complete !== text) writeFileSync(path, complete);
  }
  const missing = tables.filter((table) => !found.has(table));
  if (missing.length > 0)
    throw new Error(
      `no declaration of ${missing.map(({ space, byProperty }) => `${space} {${[...byProperty.keys()].slice(0, 3).join(", ")}}`).join("; ")}`,
    );
}
