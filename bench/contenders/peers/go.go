// The benchmark's work by vishvananda/netlink, through a Handle, which keeps one socket for all requests: a command a
// line is read, and answered with a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

type answer struct {
	Milliseconds float64   `json:"milliseconds"`
	Each         []float64 `json:"each,omitempty"`
	Count        *int      `json:"count,omitempty"`
	Unsupported  string    `json:"unsupported,omitempty"`
}

type peer struct {
	handle *netlink.Handle
}

func names(from, to string) ([]string, error) {
	first, err := strconv.Atoi(from)
	if err != nil {
		return nil, err
	}
	end, err := strconv.Atoi(to)
	if err != nil {
		return nil, err
	}
	var all []string
	for i := first; i < end; i++ {
		all = append(all, fmt.Sprintf("t%d", i))
	}
	return all, nil
}

// A link's attributes that leave to the kernel what is not given.
func attributes(name string) netlink.LinkAttrs {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	return attrs
}

func (p *peer) bridge(name string) error {
	bridge := &netlink.Bridge{LinkAttrs: attributes(name)}
	if err := p.handle.LinkAdd(bridge); err != nil {
		return err
	}
	return p.handle.LinkSetUp(bridge)
}

func (p *peer) create(taps []string) error {
	for _, name := range taps {
		tap := &netlink.Tuntap{
			LinkAttrs: attributes(name),
			Mode:      netlink.TUNTAP_MODE_TAP,
			Flags:     netlink.TUNTAP_NO_PI,
		}
		if err := p.handle.LinkAdd(tap); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) attach(taps []string, master, way string) (answer, error) {
	if way != "each" {
		return answer{Unsupported: "each request waits for its answer"}, nil
	}
	bridge, err := p.handle.LinkByName(master)
	if err != nil {
		return answer{}, err
	}
	var each []float64
	last := time.Now()
	for _, name := range taps {
		tap, err := p.handle.LinkByName(name)
		if err != nil {
			return answer{}, err
		}
		if err := p.handle.LinkSetMaster(tap, bridge); err != nil {
			return answer{}, err
		}
		if err := p.handle.LinkSetUp(tap); err != nil {
			return answer{}, err
		}
		now := time.Now()
		each = append(each, now.Sub(last).Seconds()*1e6)
		last = now
	}
	return answer{Each: each}, nil
}

func (p *peer) remove(all []string) error {
	for _, name := range all {
		link, err := p.handle.LinkByName(name)
		if err != nil {
			return err
		}
		if err := p.handle.LinkDel(link); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) links() (answer, error) {
	links, err := p.handle.LinkList()
	count := len(links)
	return answer{Count: &count}, err
}

// The library asks for all entries; those of a bridge name it as their master.
func (p *peer) forwarding(name string) (answer, error) {
	bridge, err := p.handle.LinkByName(name)
	if err != nil {
		return answer{}, err
	}
	entries, err := p.handle.NeighList(0, unix.AF_BRIDGE)
	count := 0
	for _, entry := range entries {
		if entry.MasterIndex == bridge.Attrs().Index {
			count++
		}
	}
	return answer{Count: &count}, err
}

func (p *peer) do(words []string) (answer, error) {
	command, words := words[0], words[1:]
	var taps []string
	if command == "create" || command == "attach" || command == "remove" {
		var err error
		if taps, err = names(words[0], words[1]); err != nil {
			return answer{}, err
		}
	}
	switch command {
	case "ready":
		return answer{}, nil
	case "bridge":
		return answer{}, p.bridge(words[0])
	case "create":
		return answer{}, p.create(taps)
	case "attach":
		return p.attach(taps, words[2], words[3])
	case "remove":
		return answer{}, p.remove(append(taps, words[2:]...))
	case "links", "all":
		return p.links()
	case "link":
		_, err := p.handle.LinkByName(words[0])
		return answer{}, err
	case "fdb":
		return p.forwarding(words[0])
	}
	return answer{}, fmt.Errorf("what is %s?", command)
}

func serve() error {
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	p := &peer{handle: handle}
	output := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		start := time.Now()
		result, err := p.do(strings.Fields(lines.Text()))
		if err != nil {
			return err
		}
		result.Milliseconds = time.Since(start).Seconds() * 1e3
		if err := output.Encode(result); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
