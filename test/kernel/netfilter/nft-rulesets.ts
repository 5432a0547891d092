/** Rulesets as people write them: what each uses, by the words of `nft`. */
export const rulesets: Readonly<Record<string, string>> = {
  "a bit of everything": `
table inet t {
  comment "hello"
  set s4 {
    type ipv4_addr; flags interval; comment "mine"; elements = { 10.0.0.0/24, 10.1.0.5-10.1.0.9 }
  }
  map vm {
    type ifname : verdict; elements = { "br0" : jump c, "br1" comment "x" : accept }
  }
  map fw {
    type inet_proto . inet_service : ipv4_addr . inet_service; elements = { tcp . 8080 : 10.0.0.2 . 80 }
  }
  set cc {
    type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/24 . 80-90 }
  }
  set dyn {
    type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m;
  }
  counter cnt { }
  chain c {
    ip saddr 10.0.0.0/20 tcp dport { 80, 443 } counter accept comment "web"
  }
  chain f {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname vmap @vm
    meta mark 0x10 counter name "cnt" log prefix "x: " level info limit rate 5/second reject with icmpx port-unreachable
    ip daddr @s4 tcp dport 1000-2000 drop
    update @dyn { ip saddr timeout 10s }
    ip saddr . tcp dport @cc accept
  }
  chain n {
    type nat hook prerouting priority dstnat;
    dnat ip addr . port to meta l4proto . th dport map @fw
    ip daddr 1.2.3.4 tcp dport 8080 dnat ip to 10.0.0.2:80
    fib daddr type local udp dport 53 redirect to :5353
  }
  chain p {
    type nat hook postrouting priority srcnat;
    meta l4proto tcp oifname "up0" ip saddr 10.0.0.0/24 ip daddr != 10.0.0.0/24 masquerade to :1024-65535 random
    snat ip to 10.9.9.1-10.9.9.9 persistent
  }
}`,
  "libvirt's chains": `
table ip libvirt_network {
  chain forward {
    type filter hook forward priority filter; policy accept;
    counter jump guest_cross
    counter jump guest_input
    counter jump guest_output
  }
  chain guest_output {
    ip saddr 192.168.122.0/24 iif "lo" counter accept
    iif "lo" counter reject
  }
  chain guest_input {
    oif "lo" ip daddr 192.168.122.0/24 ct state established,related counter accept
    oif "lo" counter reject
  }
  chain guest_cross {
    iif "lo" oif "lo" counter accept
  }
  chain guest_nat {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 192.168.122.0/24 ip daddr 224.0.0.0/24 counter return
    meta l4proto tcp ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 counter masquerade to :1024-65535
    ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 counter masquerade
  }
}`,
  "a host's own firewall": `
table inet filter {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state vmap { invalid : drop, established : accept, related : accept }
    iif lo accept
    icmp type { echo-request, destination-unreachable } limit rate 10/second accept
    icmpv6 type { nd-neighbor-solicit, nd-router-advert, nd-neighbor-advert } accept
    tcp dport ssh ct state new limit rate over 3/minute burst 5 packets drop
    tcp dport { ssh, http, https, 8000-8099 } ct state new accept
    meta pkttype broadcast drop
    udp dport 5353 ip daddr 224.0.0.251 accept
    log prefix "input: " flags all counter packets 12 bytes 720 drop
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    tcp flags syn / fin,syn,rst,ack tcp option maxseg size set rt mtu
  }
  chain output {
    type route hook output priority mangle; policy accept;
    meta skuid 1000 meta mark set 0x1
    ct mark set meta mark
    ip dscp cs1 accept
    ip ttl 1 drop
  }
}`,
  "anti-spoofing in a bridge": `
table bridge guests {
  map ports {
    type ifname . ether_addr : verdict
    elements = { "tap0" . 52:54:00:00:00:01 : goto tap0, "tap1" . 52:54:00:00:00:02 : drop }
  }
  chain tap0 {
    ether type arp arp saddr ip != 10.0.0.2 drop
    arp operation reply accept
    ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept
    ip6 saddr fe80::/64 icmpv6 type nd-router-advert drop
    vlan id 10 accept
  }
  chain pre {
    type filter hook prerouting priority -300; policy accept;
    iifname . ether saddr vmap @ports
    ether type vlan drop
  }
}`,
  "objects, quotas, maps of objects and counters of elements": `
table ip t {
  counter one { comment "first"
    packets 5 bytes 700
  }
  quota q { over 25 mbytes used 3 bytes
  }
  limit l { rate 400/hour burst 9 packets
  }
  map counters {
    type ipv4_addr : counter
    elements = { 10.0.0.1 : "one" }
  }
  set counted {
    type ipv4_addr; counter; elements = { 10.0.0.1 counter packets 1 bytes 60, 10.0.0.2 }
  }
  set waiting {
    type inet_service; flags timeout; timeout 1h; gc-interval 10s
  }
  map marks {
    type ipv4_addr : mark; flags interval; elements = { 10.0.0.0/8 : 0x1, 192.168.0.0-192.168.9.255 : 0x2, * : 0x9 }
  }
  chain c {
    counter name ip saddr map @counters
    quota name "q" drop
    limit name "l" accept
    quota until 1 mbytes accept
    meta mark set ip saddr map @marks
    ip saddr @counted accept
    ct count over 20 reject
  }
}`,
  "sets of every kind of key": `
table inet t {
  set macs { type ether_addr; elements = { 52:54:00:12:34:56, 00:00:00:00:00:01 }
  }
  set nets { type ipv6_addr; flags interval; auto-merge; elements = { fd00::/8, fe80::1-fe80::ff, ::1 }
  }
  set names { type ifname; elements = { "br0", "a-name-of-15-by" }
  }
  set marks { type mark; elements = { 1, 0xffffffff }
  }
  set protos { type inet_proto; elements = { tcp, 200 }
  }
  set states { type ct_state; elements = { new, established }
  }
  set of_expression { typeof ip saddr . tcp dport . meta mark; elements = { 10.0.0.1 . 80 . 0x7 }
  }
  set quads { type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval
    elements = { 10.0.0.0/8 . 192.168.0.1 . tcp . 1-100, 10.0.0.1-10.0.0.3 . 1.1.1.0/24 . udp . 53 }
  }
  chain c {
    ip saddr . tcp dport . meta mark @of_expression accept
    ip saddr . ip daddr . meta l4proto . th dport @quads counter
    ether saddr @macs ip6 daddr @nets iifname @names ct state @states drop
    meta oifname . ip daddr vmap { "a" . 10.0.0.1 : accept }
  }
}`,
  "many tables of several families": `
table ip a { chain c { type filter hook input priority 5; policy accept; ip protocol tcp accept
  }
}
table ip6 b { chain c { ip6 nexthdr tcp reject with tcp reset
    exthdr frag exists drop
  }
}
table arp d { chain c { type filter hook input priority 0; policy accept; arp operation request arp daddr ip 10.0.0.1 accept
  }
}
table inet e { flags dormant
  chain c { numgen random mod 4 vmap { 0 : accept, 1 : drop, 2-3 : continue }
    meta mark set jhash ip saddr mod 2 seed 0x1
    meta hour "08:00"-"17:00" accept
    socket transparent 1 accept
    meta cgroup 5 accept
    ip saddr & 0.0.0.255 == 0.0.0.1 accept
    meta mark set meta mark or 0x1
    meta mark set ct mark << 8
    tcp sport vmap { 1-10 : accept, 20 : jump d }
    jump { ip saddr 10.0.0.1 counter accept
      counter
    }
    ct helper "ftp" accept
    notrack
  }
  chain d {
  }
}
table netdev f { chain c { type filter hook ingress device "lo" priority -500; policy accept; ip saddr 10.0.0.1 drop
  }
}`,
};
