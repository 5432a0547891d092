import { describe, expect, test } from "vitest";
import { formatOf, importFiles, type SourceFile, writeImported } from "../../../src/formats/index.js";
import { InputError } from "../../../src/index.js";
import { readDeclaration } from "../../../src/topology/index.js";
import { cases } from "./cases.js";

/** What becomes of files: the declaration with its comments, or why there is none. */
function outcome(files: readonly SourceFile[]): string {
  try {
    return writeImported(importFiles(files));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

/** What says nothing by itself: an empty line, a comment, a heading of what follows, an end. And secrets, which nothing shows. */
const SAYS_NOTHING = /^\s*($|[#;]|<!--|<\/|\[[^\]]*\]$|[-\s]*[\w.-]+:$)|hunter2|PrivateKey/;

function sayingLines(text: string): number[] {
  return text.split("\n").flatMap((line, place) => (SAYS_NOTHING.test(line) ? [] : [place]));
}

function withLine(files: readonly SourceFile[], file: SourceFile, place: number, line: string): SourceFile[] {
  const lines = file.text.split("\n");
  lines[place] = line;
  return files.map((each) => (each === file ? { ...file, text: lines.join("\n") } : each));
}

/** A line with its last word replaced: a value, for a name stands before it. */
function withOtherValue(line: string): string {
  return line.replace(/[\w.:]+(?=[^\w.:]*$)/, "xyzzy");
}

describe("fixtures", () => {
  test("at least ten cases each of five formats, five of libvirt's and nmstate's, and an example of each", () => {
    expect(new Set(cases.filter(({ name }) => name.startsWith("docs/")).map(({ format }) => format)).size).toBe(7);
    for (const format of ["ifcfg", "interfaces", "keyfile", "networkd", "netplan"])
      expect(cases.filter((each) => each.format === format).length, format).toBeGreaterThanOrEqual(10);
    for (const format of ["libvirt", "nmstate"])
      expect(cases.filter((each) => each.format === format).length, format).toBeGreaterThanOrEqual(5);
  });

  test("each file is known by its name or by what is in it", () => {
    for (const { files, format, name } of cases)
      for (const file of files) expect(formatOf(file), `${name}/${file.name}`).toBe(format);
  });
});

describe.each(cases)("$name", ({ files, expected }) => {
  test("becomes the declaration that is expected, which can be read again", () => {
    const imported = importFiles(files);
    expect(writeImported(imported)).toBe(expected);
    expect(() => readDeclaration(writeImported(imported))).not.toThrow();
  });

  test("no line's value is dropped: another one changes the declaration or its comments", () => {
    for (const file of files)
      for (const place of sayingLines(file.text)) {
        const line = file.text.split("\n")[place]!;
        const changed = withOtherValue(line);
        if (changed === line) continue;
        expect(outcome(withLine(files, file, place, changed)), `${file.name}:${place + 1}: ${changed}`).not.toBe(
          expected,
        );
      }
  });

  test("no line's name is dropped: an unknown one is named in a comment, or refused", () => {
    for (const file of files)
      for (const place of sayingLines(file.text)) {
        const line = file.text.split("\n")[place]!;
        const changed = line.replace(/[\w-]+/, "xyzzy");
        expect(outcome(withLine(files, file, place, changed)), `${file.name}:${place + 1}: ${changed}`).not.toBe(
          expected,
        );
      }
  });
});

test("a setting that nothing reads is a comment with file and line, in each format", () => {
  const of = (name: string, text: string): unknown => importFiles([{ name, text }]).uncarried.at(-1);
  const why = expect.stringContaining("no word for it") as string;
  expect(of("ifcfg-eth0", "DEVICE=eth0\nONBOOT=yes\nXYZZY=1\n")).toEqual({
    file: "ifcfg-eth0",
    line: 3,
    text: "XYZZY=1",
    why,
  });
  expect(of("interfaces", "auto eth0\niface eth0 inet manual\n  xyzzy 1\n")).toMatchObject({
    line: 3,
    text: "xyzzy 1",
    why,
  });
  expect(of("a.network", "[Match]\nName=eth0\n\n[Xyzzy]\nA=1\n")).toMatchObject({ line: 5, text: "A=1", why });
  const profile = "[connection]\ntype=ethernet\ninterface-name=eth0\n[xyzzy]\na=1\n";
  expect(of("a.nmconnection", profile)).toMatchObject({ line: 5, text: "a=1", why });
  expect(of("a.yaml", "network:\n  ethernets:\n    eth0:\n      xyzzy: {a: 1}\n")).toMatchObject({
    line: 4,
    text: "network.ethernets.eth0.xyzzy.a: 1",
    why,
  });
  expect(of("b.yaml", "interfaces:\n- name: eth0\n  state: up\n  xyzzy: 1\n")).toMatchObject({
    line: 4,
    text: "interfaces.xyzzy: 1",
    why,
  });
  const xml = "<interface type='ethernet' name='eth0'>\n <xyzzy/>\n</interface>";
  expect(of("eth0.xml", xml)).toMatchObject({ line: 2, text: "<xyzzy/>", why });
});

test("passwords and keys are in no comment", () => {
  for (const { files } of cases) expect(outcome(files)).not.toMatch(/hunter2|aGVsbG8/);
});

test("what is no YAML or XML, and what is of no format, is refused with its name and line", () => {
  expect(outcome([{ name: "a.yaml", text: "network:\n  a: [1\n" }])).toMatch(/^a\.yaml:\d: /);
  expect(outcome([{ name: "a.xml", text: "<interface>\n<a></b>\n</interface>" }])).toMatch(/^a\.xml:\d/);
  expect(outcome([{ name: "motd", text: "hello" }])).toBe("motd: it is a file of no format that is known here");
});

test("what two files say otherwise is a comment, and the first holds", () => {
  const text = outcome([
    { name: "ifcfg-eth0", text: "DEVICE=eth0\nONBOOT=yes\nMTU=1400\n" },
    { name: "eth0.network", text: "[Match]\nName=eth0\n[Link]\nMTUBytes=1300\n" },
  ]);
  expect(text).toContain("# eth0.network:4: MTUBytes=1300: mtu is 1400 already by ifcfg-eth0:3\n");
  expect(text).toContain("mtu: 1400\n");
});

test("a source line takes the files that it names from whoever finds them", () => {
  const other = {
    name: "/etc/network/interfaces.d/br0",
    text: "auto br0\niface br0 inet manual\n  bridge_ports none\n",
  };
  const asked: string[] = [];
  const { declaration, uncarried } = importFiles(
    [{ name: "/etc/network/interfaces", text: "source /etc/network/interfaces.d/*\nsource-directory more\n" }],
    {
      findFiles(pattern) {
        asked.push(pattern);
        return pattern.endsWith("interfaces.d/*") ? [other] : [];
      },
    },
  );
  expect(asked).toEqual(["/etc/network/interfaces.d/*", "/etc/network/more/*"]);
  expect(declaration).toEqual({ links: { br0: { kind: "bridge", up: true } } });
  expect(uncarried).toMatchObject([{ line: 2, text: "source-directory more" }]);
});

test("a link may have any name, and no name reaches what is not the declaration", () => {
  const text = "auto __proto__\niface __proto__ inet static\n  mtu 1400\n  address 10.0.0.1/24\n";
  const { declaration } = importFiles([{ name: "interfaces", text }]);
  expect(Object.keys(declaration.links ?? {})).toEqual(["__proto__"]);
  expect({}).not.toHaveProperty("mtu");
});

test("a thousand VLANs, each in a bridge, are imported within seconds", () => {
  const stanzas = Array.from(
    { length: 1000 },
    (_, id) =>
      `auto eno5.${id} br${id}\niface eno5.${id} inet manual\niface br${id} inet manual\n  bridge_ports eno5.${id}\n`,
  );
  const begun = performance.now();
  const { declaration, uncarried } = importFiles([{ name: "interfaces", text: stanzas.join("") }]);
  expect(Object.keys(declaration.links ?? {})).toHaveLength(2001);
  expect(uncarried).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(20_000);
});
