import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  DeclarationError,
  declarationSchema,
  defineHost,
  readDeclaration,
  writeDeclaration,
} from "../../../src/topology/index.js";

const wrong: readonly (readonly [what: string, text: string, message: string])[] = [
  [
    "a kind that there is none of, with the nearest",
    "links:\n  br0:\n    kind: brige\n",
    'host.yaml:3:5: links.br0.kind: "brige" is no kind of link; did you mean "bridge"?',
  ],
  [
    "a property that there is none of, with the nearest",
    "links:\n  br0: { kind: bridge, forwardDeley: 2s }\n",
    'host.yaml:2:24: links.br0.forwardDeley: there is no such property; did you mean "forwardDelay"?',
  ],
  [
    "a duration without its unit",
    "links:\n  br0:\n    kind: bridge\n    forwardDelay: 2\n",
    "host.yaml:4:5: links.br0.forwardDelay: 2 needs its unit: 2s or 2ms",
  ],
  [
    "an option of a link whose kind is not said",
    "links:\n  br0: { stpState: kernel }\n",
    "host.yaml:2:10: links.br0.stpState: it is an option of kind bridge: say the link's kind",
  ],
  [
    "an address that is none, in its list, on a link with a dot in its name",
    "links:\n  eno3.10:\n    addresses:\n      - 10.0.0.1/24\n      - 10.0.0.300/24\n",
    'host.yaml:5:9: links.eno3.10.addresses.1: "10.0.0.300" is not an IPv4 or IPv6 address',
  ],
  [
    "a route without its destination",
    "routes: [{ gateway: 10.0.0.1 }]\n",
    "host.yaml:1:10: routes.0.destination: it is missing",
  ],
  [
    "something that no link is known by, with the nearest",
    "links:\n  lan0: { match: { adress: 02:00:00:00:00:01 } }\n",
    'host.yaml:2:20: links.lan0.match.adress: there is no such property; did you mean "address"?',
  ],
  ["a match that says nothing", "links:\n  lan0:\n    match: {}\n", "host.yaml:3:5: links.lan0.match: it says nothing"],
  ["a next hop without an id", "nexthops: [{ link: eno3 }]\n", "host.yaml:1:12: nexthops.0.id: it is missing"],
  [
    "a next hop with a gateway and no link",
    "nexthops:\n  - { id: 1, gateway: 10.0.0.1 }\n",
    "host.yaml:2:5: nexthops.0.link: a next hop with a gateway needs its link",
  ],
  [
    "a way to wrap packets that there is none of",
    "routes:\n  - { destination: 10.0.0.0/8, link: eno3, encapsulation: { type: mplz } }\n",
    'host.yaml:2:61: routes.0.encapsulation.type: "mplz" is none of mpls, ip,',
  ],
  [
    "something that a wrapping has not",
    "routes:\n  - { destination: 10.0.0.0/8, link: eno3, encapsulation: { type: mpls, labels: [1] } }\n",
    "host.yaml:2:73: routes.0.encapsulation.labels: there is no such property",
  ],
  [
    "a virtual function's rate that is none",
    "links:\n  eno3: { virtualFunctions: { entries: [{ index: 0, maxTxRate: fast }] } }\n",
    "host.yaml:2:53: links.eno3.virtualFunctions.entries.0.maxTxRate: ",
  ],
  ["a name that is too long", "links:\n  a-name-that-is-too-long: { up: true }\n", "host.yaml:2:3: links."],
  ["what is no YAML", "links: [\n", "host.yaml:2:1: "],
  ["the same link twice", "links:\n  br0: {}\n  br0: {}\n", "host.yaml:3:3: "],
  [
    "something else of what is absent",
    "links:\n  br0: { absent: true, up: true }\n",
    "host.yaml:2:24: links.br0.up: what is absent",
  ],
  [
    "a switch that is no truth",
    "links:\n  br0: { up: maybe }\n",
    'host.yaml:2:10: links.br0.up: "maybe" is neither on nor off',
  ],
];

test.each(wrong)("a file is refused for %s, at its line and column", (_, text, message) => {
  const error = (() => {
    try {
      readDeclaration(text, "host.yaml");
    } catch (refusal) {
      return refusal;
    }
    return undefined;
  })();
  expect(error).toBeInstanceOf(DeclarationError);
  expect((error as DeclarationError).message).toContain(message);
});

test("durations, rates and sizes of a file have units, and are the library's numbers when read", () => {
  const read = readDeclaration(
    "links:\n  br0: { kind: bridge, ageingTime: 5s, stpState: off, rate: { ingress: 100mbit, egress: unlimited, burst: 64kb } }\n",
  );
  expect(read.links["br0"]).toMatchObject({
    ageingTime: 5000,
    stpState: "off",
    rate: { ingress: 1e8, egress: "unlimited", burst: 65536 },
  });
});

test("JSON is read as YAML is, and code is checked as files are, its durations in milliseconds", () => {
  const json = '{ "links": { "br0": { "kind": "bridge", "forwardDelay": "2s", "addresses": ["10.0.0.1/24"] } } }';
  const code = defineHost({ links: { br0: { kind: "bridge", forwardDelay: 2000, addresses: ["10.0.0.1/24"] } } });
  expect(readDeclaration(writeDeclaration(code))).toEqual(readDeclaration(json));
  const typo = { links: { br0: { kind: "bridge", forwardDeley: 2000 } } };
  expect(() => defineHost(typo as never)).toThrow(/links\.br0\.forwardDeley: .*did you mean "forwardDelay"\?/);
});

test("the published schema is the one that the tables give", () => {
  const published = readFileSync(new URL("../../../docs/host.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(declarationSchema())));
});

test("stpState: on is the kernel's spanning tree, as on the command line", () => {
  const text = "links:\n  br0: { kind: bridge, stpState: on }\n";
  expect(readDeclaration(text, "host.yaml")).toMatchObject({
    links: { br0: { stpState: "kernel" } },
  });
});
