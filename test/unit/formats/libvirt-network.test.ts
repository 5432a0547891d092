import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { provideSources } from "../../../scripts/lib/debian-files.mjs";
import { readLibvirtNetwork, writeLibvirtNetwork } from "../../../src/formats/index.js";
import { type NetworkDefinition, planOf } from "../../../src/networks/definition.js";

function read(text: string) {
  return readLibvirtNetwork({ name: "network.xml", text });
}

/** What of an XML is acted on. */
function definitionOf(text: string): Omit<NetworkDefinition, "libvirt"> {
  const { libvirt: _, ...definition } = read(text).definition;
  return definition;
}

/** As virsh prints the network that its packages bring. */
const DEFAULT = `<network>
  <name>default</name>
  <uuid>9a05da11-e96b-47f3-8253-a3a482e445f5</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <mac address='52:54:00:0a:cd:21'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
    </dhcp>
  </ip>
</network>
`;

test("libvirt's default network is a network here; what it says beside is kept and named with its reason", () => {
  const { definition, uncarried } = read(DEFAULT);
  expect(definition).toEqual({
    name: "default",
    mode: "nat",
    bridge: "virbr0",
    mac: "52:54:00:0a:cd:21",
    subnet: "192.168.122.0/24",
    address: "192.168.122.1",
    dhcp: { ranges: [{ first: "192.168.122.2", last: "192.168.122.254" }] },
    libvirt: DEFAULT,
  });
  expect(uncarried.map(({ line, text, why }) => `${line}: ${text}: ${why}`)).toEqual([
    expect.stringContaining("3: <uuid>9a05da11"),
    expect.stringMatching(/^5: <bridge stp='on'>: guests have one port each/),
    expect.stringContaining("5: <bridge delay='0'>"),
  ]);
  expect(writeLibvirtNetwork(definition)).toBe(DEFAULT);
});

const network = (inner: string): string => `<network><name>n</name>${inner}</network>`;
const cases: Readonly<Record<string, readonly [xml: string, definition: object]>> = {
  "a nat with a source, its ports and a way out": [
    `<forward mode='nat' dev='eth0'><nat><address start='1.2.3.4' end='1.2.3.10'/><port start='500' end='1000'/></nat></forward>
     <ip address='10.0.0.1' prefix='24'/>`,
    {
      mode: "nat",
      outgoing: "eth0",
      natSource: "1.2.3.4-1.2.3.10",
      natPorts: "500-1000",
      subnet: "10.0.0.0/24",
      dhcp: false,
    },
  ],
  "a forward that says nothing is nat": [
    "<forward/><ip address='10.0.0.1' netmask='255.255.0.0'/>",
    { mode: "nat", subnet: "10.0.0.0/16" },
  ],
  "an address of old": ["<ip address='192.168.5.1'/>", { mode: "host-only", subnet: "192.168.5.0/24" }],
  "no forward and no address": ["<bridge name='b0'/>", { mode: "isolated", bridge: "b0" }],
  "a routed one of IPv6": [
    "<forward mode='route' dev='eth0'/><ip family='ipv6' address='2001:db8:1::1' prefix='64'/>",
    { mode: "route", outgoing: "eth0", subnet6: "2001:db8:1::/64", address6: "2001:db8:1::1" },
  ],
  "an open one": ["<forward mode='open'/><ip address='10.0.0.1' prefix='24'/>", { mode: "open" }],
  "reservations, a lease's time, and what is started from": [
    `<ip address='10.0.0.1' prefix='24'><dhcp>
       <range start='10.0.0.9' end='10.0.0.99'><lease expiry='2' unit='hours'/></range>
       <host mac='52:54:00:00:00:07' name='seven' ip='10.0.0.7'/><bootp file='pxe' server='10.0.0.3'/></dhcp></ip>`,
    {
      dhcp: {
        ranges: [{ first: "10.0.0.9", last: "10.0.0.99" }],
        leaseTime: 7_200_000,
        reservations: [{ mac: "52:54:00:00:00:07", hostname: "seven", address: "10.0.0.7" }],
        boot: { file: "pxe", nextServer: "10.0.0.3" },
      },
    },
  ],
  "a bridge that there is": ["<forward mode='bridge'/><bridge name='br0'/>", { mode: "bridge", bridge: "br0" }],
  "a bridge of Open vSwitch with a VLAN": [
    "<forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/><vlan><tag id='42'/></vlan>",
    { mode: "bridge", bridge: "ovs0", switch: "openvswitch", vlans: [{ id: 42, pvid: true, untagged: true }] },
  ],
  "a trunk": [
    "<forward mode='bridge'/><bridge name='br0'/><vlan trunk='yes'><tag id='1' nativeMode='untagged'/><tag id='7'/></vlan>",
    { vlans: [{ id: 1, pvid: true, untagged: true }, { id: 7 }] },
  ],
  "macvtaps of a pool": [
    "<forward mode='passthrough' dev='eth1'><interface dev='eth1'/><interface dev='eth2'/></forward>",
    { mode: "macvtap", macvtapMode: "passthru", interfaces: ["eth1", "eth2"] },
  ],
  "functions of a card": [
    "<forward mode='hostdev' managed='yes'><driver name='vfio'/><pf dev='eth3'/></forward><vlan><tag id='9'/></vlan>",
    { mode: "hostdev", interfaces: ["eth3"], vlans: [{ id: 9, pvid: true, untagged: true }] },
  ],
  "no names": ["<dns enable='no'/>", { dns: [] }],
  resolvers: ["<dns><forwarder addr='9.9.9.9'/></dns>", { dns: { resolvers: ["9.9.9.9"] } }],
  "names of hosts": [
    "<dns><host ip='10.0.0.9'><hostname>nine</hostname><hostname>neun</hostname></host></dns>",
    { dns: { hosts: ["nine", "neun"].map((hostname) => ({ hostname, address: "10.0.0.9" })) } },
  ],
};

describe.each(Object.entries(cases))("%s", (_, [inner, wanted]) => {
  test("is read", () => {
    expect(definitionOf(network(inner))).toMatchObject(wanted);
  });

  test("is written anew, and read as the same", () => {
    const definition = definitionOf(network(inner));
    expect(definitionOf(writeLibvirtNetwork(definition))).toEqual(definition);
  });

  test("is written as it was, with what has changed since", () => {
    const { definition } = read(network(`<!-- ours -->${inner}<uuid>x</uuid>`));
    expect(writeLibvirtNetwork(definition)).toBe(definition.libvirt);
    const written = writeLibvirtNetwork({ ...definition, name: "another" });
    expect(written).toContain("<!-- ours -->");
    expect(written).toContain("<uuid>x</uuid>");
    expect(definitionOf(written)).toEqual({ ...definitionOf(definition.libvirt!), name: "another" });
  });
});

test("what libvirt has no words for stands in the metadata, beside what others have there", () => {
  const text = network("<metadata><theirs/></metadata><forward/><ip address='10.0.0.1' prefix='24'/>");
  const forwards = [{ protocol: "tcp", port: 8080, to: "10.0.0.7", toPort: 80 }] as const;
  const { definition } = read(text);
  const written = writeLibvirtNetwork({ ...definition, forwards, antiSpoof: true, firewall: "adopt" });
  expect(written).toContain("<theirs/>");
  expect(definitionOf(written)).toMatchObject({ forwards, antiSpoof: true, firewall: "adopt" });
  const again = read(written).definition;
  expect(
    writeLibvirtNetwork({ ...again, forwards: undefined, antiSpoof: undefined, firewall: undefined }),
  ).not.toContain("linkwright");
});

test.each([
  ["<domain><name>n</name></domain>", "network.xml:1: <domain> is no network"],
  ["<network/>", "it has no name"],
  [
    "<network><name>n</name>\n<forward mode='none'/></network>",
    "network.xml:2: none is no way to forward that libvirt has",
  ],
  ["<network><name>n</name><forward mode='hostdev'><address type='pci'/></forward></network>", "named by their card"],
  ["<network><name>n</name><forward mode='vepa'/></network>", "it names no interface"],
  ["<network><name>n</name><ip address='10.0.0.1' netmask='255.0.255.0'/></network>", "255.0.255.0 is no mask"],
  ["<network>", "network.xml"],
])("%s is refused", (text, words) => {
  expect(() => read(text)).toThrow(words);
});

const FOLDER = "tests/networkxml2xmlin";
/** Some are links to those of another folder. */
const WANTED = [`*/${FOLDER}/*`, "*/tests/networkxml2confdata/*.xml", "*/src/network/default.xml.in"];
const { folder, missing } = provideSources("libvirt", WANTED, `${FOLDER}/leasetime-hours.xml`);
if (missing !== undefined) console.log(`skipped: ${missing}`);
const examples = folder === undefined ? [] : readdirSync(join(folder, FOLDER)).filter((name) => name.endsWith(".xml"));

describe.skipIf(folder === undefined)("libvirt's own examples", () => {
  test("there are some", () => {
    expect(examples.length).toBeGreaterThan(40);
  });

  test("the default network of its package can be defined unchanged", () => {
    const text = readFileSync(join(folder!, "src/network/default.xml.in"), "utf8");
    expect(read(text).uncarried).toEqual([]);
    expect(planOf(read(text).definition)).toMatchObject({ mode: "nat", bridge: "virbr0" });
  });

  /** What no network here can be. */
  const REFUSED: Readonly<Record<string, string>> = {
    "hostdev.xml": "named by their card",
    "hostdev-duplicate.xml": "named by their card",
    "openvswitch-net.xml": "it names no interface",
    "passthrough-address-crash.xml": "it names no interface",
  };

  test.each(examples)("%s is kept whole; what is not acted on is named", (name) => {
    const text = readFileSync(join(folder!, FOLDER, name), "utf8");
    if (REFUSED[name] !== undefined) {
      expect(() => read(text)).toThrow(REFUSED[name]);
      return;
    }
    const { definition, uncarried } = read(text);
    planOf(definition);
    expect(writeLibvirtNetwork(definition)).toBe(text);
    for (const each of uncarried) expect(each.why.length).toBeGreaterThan(10);
    // With all that can change, what is kept stays.
    const changed = read(writeLibvirtNetwork({ ...definition, name: "changed" }));
    expect(changed.definition).toEqual({ ...definition, name: "changed", libvirt: changed.definition.libvirt });
    expect(changed.uncarried.map(({ why }) => why)).toEqual(uncarried.map(({ why }) => why));
  });
});
