export const rulesets = {
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
 ip saddr 10.0.0.0/20 tcp dport {80,443} counter accept comment "web" 
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
}
`,
};
