// Open vSwitch by Go's libovsdb, as Debian packages it (of 2016, it speaks TCP alone). What it cannot say, such as an
// empty list of conditions, is said in another way. A command a line is read, and answered with a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/socketplane/libovsdb"
)

const database = "Open_vSwitch"

var ovs *libovsdb.OvsdbClient
var all = []interface{}{libovsdb.NewCondition("next_cfg", "!=", -1)}

func row(words map[string]interface{}) map[string]interface{} { return words }

func transact(operations ...libovsdb.Operation) []libovsdb.OperationResult {
	results, err := ovs.Transact(database, operations...)
	if err != nil {
		panic(err)
	}
	for _, each := range results {
		if each.Error != "" {
			panic(each.Error + ": " + each.Details)
		}
	}
	return results
}

// Commits what is given, and waits until it is switched.
func commit(operations []libovsdb.Operation) []libovsdb.OperationResult {
	operations = append(operations,
		libovsdb.Operation{Op: "mutate", Table: database, Where: all, Mutations: []interface{}{libovsdb.NewMutation("next_cfg", "+=", 1)}},
		libovsdb.Operation{Op: "select", Table: database, Where: all, Columns: []string{"next_cfg"}})
	results := transact(operations...)
	number := int(results[len(operations)-1].Rows[0]["next_cfg"].(float64))
	transact(libovsdb.Operation{Op: "wait", Table: database, Where: []interface{}{libovsdb.NewCondition("cur_cfg", "==", number)},
		Columns: []string{"cur_cfg"}, Until: "==", Rows: []map[string]interface{}{{"cur_cfg": number}}, Timeout: 10000})
	return results
}

func add(from, to int) {
	var operations []libovsdb.Operation
	for i := from; i < to; i++ {
		name, port, face := fmt.Sprintf("t%d", i), fmt.Sprintf("p%d", i), fmt.Sprintf("i%d", i)
		uuids, _ := libovsdb.NewOvsSet([]libovsdb.UUID{{GoUUID: port}})
		operations = append(operations,
			libovsdb.Operation{Op: "insert", Table: "Interface", Row: row(map[string]interface{}{"name": name}), UUIDName: face},
			libovsdb.Operation{Op: "insert", Table: "Port", Row: row(map[string]interface{}{"name": name, "interfaces": libovsdb.UUID{GoUUID: face}}), UUIDName: port},
			libovsdb.Operation{Op: "mutate", Table: "Bridge", Where: []interface{}{libovsdb.NewCondition("name", "==", "br0")},
				Mutations: []interface{}{libovsdb.NewMutation("ports", "insert", uuids)}})
	}
	results := commit(operations)
	var selects []libovsdb.Operation
	for i := 0; i < len(operations); i += 3 {
		ports[from+i/3] = results[i+1].UUID
		selects = append(selects, libovsdb.Operation{Op: "select", Table: "Interface", Columns: []string{"ofport", "error"},
			Where: []interface{}{libovsdb.NewCondition("name", "==", fmt.Sprintf("t%d", from+i/3))}})
	}
	for _, each := range transact(selects...) {
		if len(each.Rows) > 0 && each.Rows[0]["ofport"] == float64(-1) {
			panic("it failed")
		}
	}
}

// It does not let itself be asked for the UUID of a row: the one that adding it gave is kept.
var ports = map[int]libovsdb.UUID{}

func remove(number int) {
	uuids, _ := libovsdb.NewOvsSet([]libovsdb.UUID{ports[number]})
	commit([]libovsdb.Operation{{Op: "mutate", Table: "Bridge", Where: []interface{}{libovsdb.NewCondition("name", "==", "br0")},
		Mutations: []interface{}{libovsdb.NewMutation("ports", "delete", uuids)}}})
}

func list() int {
	results := transact(
		libovsdb.Operation{Op: "select", Table: "Port", Columns: []string{"name", "tag", "interfaces"},
			Where: []interface{}{libovsdb.NewCondition("name", "!=", "")}},
		libovsdb.Operation{Op: "select", Table: "Interface", Columns: []string{"name", "ofport", "error"},
			Where: []interface{}{libovsdb.NewCondition("name", "!=", "")}})
	return len(results[1].Rows) - 1
}

func main() {
	port, _ := strconv.Atoi(os.Args[1])
	var err error
	if ovs, err = libovsdb.Connect("127.0.0.1", port); err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var command string
		var from, to int
		fmt.Sscanf(lines.Text(), "%s %d %d", &command, &from, &to)
		begun := time.Now()
		answer := map[string]interface{}{}
		switch command {
		case "add":
			add(from, to)
		case "delete":
			remove(from)
		case "list":
			answer["count"] = list()
		}
		answer["milliseconds"] = float64(time.Since(begun).Nanoseconds()) / 1e6
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
}
