import { expect, test } from "vitest";
import { importFiles, writeLibvirt } from "../../../src/formats/index.js";
import { InputError } from "../../../src/index.js";
import { defineHost } from "../../../src/topology/index.js";
import { cases } from "./cases.js";

const single = cases.filter(({ format, files }) => format === "libvirt" && files.length === 1);

test.for(single)("$name: what is written of its declaration says the same again", ({ files }) => {
  const { declaration } = importFiles(files);
  const name = /<interface type=.\w+. name=.([^'"]+)/.exec(files[0]!.text)![1]!;
  const xml = writeLibvirt(declaration, name);
  expect(importFiles([{ name: "again.xml", text: xml }])).toEqual({ declaration, uncarried: [] });
});

test("what libvirt has no word for is a comment, and never left out", () => {
  const declaration = defineHost({
    links: {
      br0: {
        kind: "bridge",
        up: true,
        ageingTime: 60_000,
        alias: "a -- b",
        addresses: [{ address: "10.0.0.1/24", label: "br0:1" }],
      },
      "e<1>": { master: "br0", asPort: { isolated: true } },
    },
    routes: [{ destination: "10.1.0.0/16", gateway: "10.0.0.7", link: "br0", metric: 7 }],
  });
  expect(writeLibvirt(declaration, "br0")).toBe(`<interface type='bridge' name='br0'>
  <start mode='onboot'/>
  <protocol family='ipv4'>
    <ip address='10.0.0.1' prefix='24'/>
    <!-- not said: 10.0.0.1/24: {"label":"br0:1"} -->
    <route address='10.1.0.0' prefix='16' gateway='10.0.0.7'/>
    <!-- not said: the route to 10.1.0.0/16: {"metric":7} -->
  </protocol>
  <bridge>
    <interface type='ethernet' name='e&lt;1&gt;'>
      <!-- not said: links.e<1>.asPort: {"isolated":true} -->
    </interface>
  </bridge>
  <!-- not said: links.br0.ageingTime: 60000 -->
  <!-- not said: links.br0.alias: "a - - b" -->
</interface>
`);
});

test("a link that is not declared, and one that libvirt has no kind for, is refused by its name", () => {
  const declaration = defineHost({ links: { v0: { kind: "vxlan", id: 1 } } });
  expect(() => writeLibvirt(declaration, "br0")).toThrow(InputError);
  expect(() => writeLibvirt(declaration, "v0")).toThrow("links.v0: libvirt has no interface of kind vxlan");
});
