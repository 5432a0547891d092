/** In this order: each meets the state that those before it left. */
export const LINES = `
list-br
show
add-br br0
add-br br0
--may-exist add-br br0
add-br
add-br a b
add-br ''
add-br br1
br-exists br0
br-exists nosuch
add-port br0 eth0
add-port br0 eth0
add-port br1 eth0
--may-exist add-port br0 eth0
--may-exist add-port br1 eth0
add-port nosuch eth1
add-port br0 br1
add-port br0 eth1 tag=9
add-port br0 eth2 tag=4096
add-port br0 eth2 tag=abc
add-port br0 eth2 nosuch=1
add-port br0 eth2 trunks=1,2,3 vlan_mode=native-tagged other_config:k=v
add-port br0 eth3 vlan_mode=x
list-ports br0
list-ports nosuch
list-ifaces br0
port-to-br eth0
port-to-br nosuch
port-to-br br0
iface-to-br eth0
iface-to-br nosuch
add-bond br0 bond0 e0
add-bond br0 bond0 e0 e1 bond_mode=balance-slb
--may-exist add-bond br0 bond0 e1 e0
--may-exist add-bond br0 bond0 e1 e2
--fake-iface add-bond br0 bond1 f0 f1
add-bond-iface bond0 e2
add-bond-iface bond0 e2
--may-exist add-bond-iface bond0 e2
--may-exist add-bond-iface bond0 f0
del-bond-iface bond0 e2
del-bond-iface bond0 e2
--if-exists del-bond-iface bond0 e2
del-bond-iface bond0 f0
del-bond-iface e1
del-bond-iface e0
list-ifaces br0
add-br fake0 br0 5
add-br fake1 br0 5
add-br fake1 nosuch 6
add-br fake1 fake0 6
add-br fake2 br0 4096
--may-exist add-br fake0 br0 5
--may-exist add-br fake0 br0 6
--may-exist add-br fake0 br1 5
--may-exist add-br fake0
--may-exist add-br br0 br1 5
add-port fake0 g0
get port g0 tag
list-ports fake0
list-ports br0
list-br
--real list-br
--fake list-br
br-to-vlan fake0
br-to-vlan br0
br-to-parent fake0
br-to-parent br0
br-set-external-id br0 k v
br-set-external-id br0 a 'b c'
br-get-external-id br0
br-get-external-id br0 k
br-get-external-id br0 nosuch
br-set-external-id br0 k
br-get-external-id br0
br-set-external-id fake0 k v
br-get-external-id fake0
get port fake0 external_ids
del-port br0
del-port nosuch
--if-exists del-port nosuch
del-port br1 eth0
del-port br0 g0
del-port br0 eth0
del-port e0
--with-iface del-port f0
show
set-controller br0 tcp:1.2.3.4:6653 ssl:5.6.7.8
--inactivity-probe=30000 set-controller br1 tcp:1.2.3.4
get-controller br0
get-controller fake0
set-controller fake0 tcp:1.2.3.4
get controller br1 inactivity_probe
del-controller br0
get-controller br0
set-fail-mode br0 x
set-fail-mode br0 secure
get-fail-mode br0
del-fail-mode br0
get-fail-mode br0
set-manager ptcp:6640 ssl:1.2.3.4
get-manager
del-manager
get-manager
set-ssl /k /c /a
get-ssl
--bootstrap set-ssl /k2 /c2 /a2
get-ssl
del-ssl
get-ssl
get br br0 name
get b br0 datapath_type other-config
get bridge br0 other_config:nosuch
--if-exists get bridge br0 other_config:nosuch
get bridge br0 name:x
get bridge br0 nosuch
get bridge nosuch name
--if-exists get bridge nosuch name
get nosuch br0 name
get bridge br0 name trailing=x
get port eth1 tag trunks vlan_mode
get port eth2 trunks vlan_mode other_config
set bridge br0 other_config:a=1 other_config:b='"x y"' other_config:c=true
get bridge br0 other_config other_config:a other_config:b
set bridge br0 other_config={x=y,z="q"}
get bridge br0 other_config
set bridge br0 other_config=
set bridge br0 other_config=x
set bridge br0 name=br9
set bridge br0 stp_enable=maybe
set bridge br0 stp_enable=yes
get bridge br0 stp_enable
set bridge br0 flood_vlans=1-5,9
get bridge br0 flood_vlans
set bridge br0 flood_vlans=[]
get bridge br0 flood_vlans
set bridge br0 flood_vlans=5-1
set bridge br0 flood_vlans=[1,1]
set bridge br0 flood_vlans=[1
set port eth1 tag=[1,2]
set port eth1 interfaces=[]
set port eth1 tag=7
set bridge br0 fail_mode=x
set bridge nosuch stp_enable=true
--if-exists set bridge nosuch stp_enable=true
set port eth1
add bridge br0 flood_vlans 3 4
add bridge br0 flood_vlans 4 5
get bridge br0 flood_vlans
add bridge br0 other_config k=v
get bridge br0 other_config
remove bridge br0 flood_vlans 4
remove bridge br0 other_config x
remove bridge br0 other_config k=w
remove bridge br0 other_config k=v
get bridge br0 flood_vlans other_config
remove bridge br0 name br0
remove port eth1 tag 7
clear bridge br0 other_config flood_vlans
clear bridge br0 name
get bridge br0 flood_vlans other_config
--columns=name,tag list port eth1
--columns=name,nosuch list port eth1
--columns=name,tag,trunks,vlan_mode,other_config list port eth1 eth2
-f table --columns=name,tag,trunks list port eth1 eth2
-f csv --columns=name,tag,trunks list port eth1 eth2
-f json --columns=name,tag,trunks list port eth1 eth2
-f html --columns=name,tag,trunks list port eth1 eth2
-f table -d bare --no-headings --columns=name,trunks list port eth1 eth2
-f table -d json --columns=name,trunks,tag list port eth1 eth2
--bare --columns=name,trunks list port eth1 eth2
-f json --pretty --columns=name,trunks list port eth2
-f nosuch list-br
-d nosuch list-br
list port eth1
list interface nosuch
--if-exists list interface nosuch
--columns=name find port tag=9
--columns=name find port trunks{>}1
--columns=name find port trunks{>=}1,2,3
--columns=name find port name!=br0 name!=br1 name!=fake0 name!=eth2
--columns=name find port other_config:k=v
--columns=name find port other_config:k!=v
--columns=name find port tag<5
--columns=name find port tag
--columns=name find port tag:x=1
--oneline list-br
--oneline list-br -- list-ports br0
list-br -- list-br
add-port br0 h0 -- set interface h0 type=internal options:a=b
get interface h0 type options
add-port br0 h1 -- nosuch
add-port br0 h1 -- del-port h1 -- add-port br1 h1
list-ports br1
-- list-br
--if-exists list-br
list-br x
list-br --real
--nosuch list-br
--id=@q create qos type=linux-htb -- set port eth1 qos=@q
get port eth1 qos
create qos type=x other_config:max-rate=5
create mirror name=m
--id=@m create mirror name=m0 -- add bridge br0 mirrors @m
--id=@m get port eth1 -- set mirror m0 select_src_port=@m
--columns=name list mirror
--id=q create qos type=x
set port eth1 qos=@nosuch
--id=@q create queue -- --id=@q create queue
--id=@lost create mirror name=lost
--id=@weak create mirror name=weak -- --id=@n create netflow targets=["1.2.3.4:5"]
-vPATTERN:console:%c|%p|%m -vreconnect:emer create mirror name=m
--id=c5cc12f8-eaa1-43a7-8a73-bccd18df1111 create qos type=mine
get qos c5cc12f8-eaa1-43a7-8a73-bccd18df1111 _uuid
--id=c5cc12f8-eaa1-43a7-8a73-bccd18df1111 create qos type=mine
--bare --columns _uuid,type list qos c5cc
destroy qos c5cc
destroy qos nosuch
--if-exists destroy qos nosuch
destroy port eth1
clear port eth1 qos
--all destroy qos
--all destroy qos x
destroy mirror m0
remove bridge br0 mirrors m0
clear bridge br0 mirrors
wait-until bridge br0 name=br0
--dry-run add-br dry
list-br
comment hello
emer-reset
del-br nosuch
--if-exists del-br nosuch
del-br fake0
del-br br0 -- del-br br1
list-br
show
nosuch
--timeout=x list-br
--version
`
  .split("\n")
  .filter((line) => line !== "");
