/**
 * The metric that NetworkManager gives the routes over a link, and those of its own addresses, by what the link is
 * (nm_device_get_route_metric_default, src/core/devices/nm-device.c).
 */
const METRICS: Readonly<Record<string, number>> = {
  bond: 300,
  team: 350,
  vlan: 400,
  macvlan: 410,
  macvtap: 410,
  bridge: 425,
  tun: 450,
  vrf: 470,
  vxlan: 500,
  dummy: 550,
  ...{ gre: 675, gretap: 675, ipip: 675, sit: 675 },
};

/** The same for a kind of link; hardware and veths have 100. */
export function routeMetricOf(kind: string | undefined): number {
  return METRICS[kind ?? ""] ?? 100;
}
