// Watches by vishvananda/netlink's LinkSubscribe: a command a line is read, and answered with a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

const quiet = 200 * time.Millisecond

type answer struct {
	Milliseconds float64        `json:"milliseconds"`
	Pid          int            `json:"pid,omitempty"`
	Count        *int           `json:"count,omitempty"`
	Known        map[string]int `json:"known,omitempty"`
	Said         string         `json:"said,omitempty"`
	Unsupported  string         `json:"unsupported,omitempty"`
}

type watcher struct {
	lock   sync.Mutex
	seen   int
	known  map[string]int
	failed string
	closed bool
}

func (w *watcher) watch() error {
	updates := make(chan netlink.LinkUpdate)
	options := netlink.LinkSubscribeOptions{ErrorCallback: func(err error) {
		w.lock.Lock()
		w.failed = err.Error()
		w.lock.Unlock()
	}}
	if err := netlink.LinkSubscribeWithOptions(updates, nil, options); err != nil {
		return err
	}
	go func() {
		for update := range updates {
			w.lock.Lock()
			w.seen++
			w.known[fmt.Sprint(update.Attrs().Index)] = update.Attrs().MTU
			w.lock.Unlock()
		}
		w.lock.Lock()
		w.closed = true
		w.lock.Unlock()
	}()
	return nil
}

func (w *watcher) count() int {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.seen
}

func (w *watcher) report() answer {
	for before := -1; before != w.count(); time.Sleep(quiet) {
		before = w.count()
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	said := ""
	if w.failed != "" {
		said = fmt.Sprintf("the callback is told %q", w.failed)
	}
	if w.closed {
		said += ", and the channel is closed"
	}
	seen := w.seen
	return answer{Count: &seen, Known: w.known, Said: said}
}

func (w *watcher) do(words []string) (answer, error) {
	switch words[0] {
	case "ready":
		return answer{}, nil
	case "watch":
		return answer{Pid: os.Getpid()}, w.watch()
	case "report":
		return w.report(), nil
	}
	return answer{}, fmt.Errorf("what is %s?", words[0])
}

func serve() error {
	w := &watcher{known: map[string]int{}}
	output := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		start := time.Now()
		result, err := w.do(strings.Fields(lines.Text()))
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
