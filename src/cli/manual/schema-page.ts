import { bold, italic, page, plain, request, tagged } from "./roff.js";

/** The part of JSON Schema that the schemas of files here are made of. */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const definitionOf = (reference: string): string => reference.replace("#/$defs/", "");

const alternatives = ({ anyOf = [], oneOf = [] }: Schema): Schema[] => [...anyOf, ...oneOf];

/** A value in words: "integer, 576 to 65535", "list of address". */
function shapeOf(schema: Schema): string {
  const { $ref, enum: words, items, type, minimum, maximum, additionalProperties } = schema;
  const several = alternatives(schema);
  if ($ref !== undefined) return definitionOf($ref);
  if (words !== undefined) return words.map(String).join("|");
  if (several.length > 0) return [...new Set(several.map(shapeOf))].join(", or ");
  if (items !== undefined) return `list of ${shapeOf(items)}`;
  if (type === "object" && typeof additionalProperties === "object") return `${shapeOf(additionalProperties)} by name`;
  const named = typeof type === "string" ? type : (type?.join("|") ?? "value");
  return minimum === undefined || maximum === undefined ? named : `${named}, ${minimum} to ${maximum}`;
}

interface Part {
  readonly title: string;
  readonly schema: Schema;
}

/** The objects within a value that are described where they stand. */
function within(title: string, schema: Schema): Part[] {
  const { items, properties, additionalProperties } = schema;
  if (properties !== undefined) return [{ title, schema }];
  const inner = [...alternatives(schema), ...(items === undefined ? [] : [items])];
  if (typeof additionalProperties === "object") inner.push(additionalProperties);
  return inner.flatMap((each) => within(title, each));
}

function partsOf({ title, schema }: Part): Part[] {
  const properties = Object.entries(schema.properties ?? {});
  const own = title === "" ? "" : `${title}.`;
  return [{ title, schema }, ...properties.flatMap(([name, each]) => within(`${own}${name}`, each).flatMap(partsOf))];
}

function described({ schema }: Part): string[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties)
    .filter(([name]) => name !== "$schema")
    .map(([name, each]) => {
      const needed = required.includes(name) ? " (required)" : "";
      return tagged(`${bold(name)} ${italic(shapeOf(each))}${needed}`, plain(each.description ?? ""));
    });
}

/** The page of section 5 for a file, from its schema: `about` says what it is, `example` how it looks. */
export function schemaPage(
  { name, version, about, place, example }: Record<"name" | "version" | "about" | "place" | "example", string>,
  schema: Schema,
): string {
  const [top, ...parts] = partsOf({ title: "", schema });
  const shared = Object.entries(schema.$defs ?? {}).flatMap(([title, each]) => within(title, each).flatMap(partsOf));
  const sections = (list: readonly Part[]): string[] =>
    list.flatMap((part) => [
      request("SS", part.title),
      ...(part.schema.description === undefined ? [] : [plain(part.schema.description)]),
      ...described(part),
    ]);
  return page(
    { name, section: 5, version, about },
    {
      DESCRIPTION: [plain(place)],
      EXAMPLE: [".nf", plain(example), ".fi"],
      PROPERTIES: [...described(top!), ...sections(parts)],
      "WHAT STANDS BY NAME ABOVE": sections(shared),
      "SEE ALSO": [plain("linkwright(1)")],
    },
  );
}
