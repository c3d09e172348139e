// Scheduler runs on one of the two scheduler APIs of mesos-go and does what standard input says:
//
//	launch TASK [FILE]   the executor ends the task once the file exists; without one at once
//	kill TASK
//	message TEXT         to the executor
//	reconcile
//	stop                 ends framework and program
//
// Each thing that happens is a line of JSON on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
)

var (
	api             = flag.String("api", "driver", "driver (v0), protobuf or json (v1)")
	master          = flag.String("master", "", "IP:port of the master")
	frameworkID     = flag.String("framework", "", "id of a framework to take over")
	executorCommand = flag.String("executor", "", "command of the executor")
	principal       = flag.String("principal", "", "who a driver says it is; it authenticates")
	secret          = flag.String("secret", "", "of the principal")
)

const (
	executorID             = "default"
	failoverTimeoutSeconds = 60.0
	taskCPUs               = 0.1
	executorCPUs           = 0.1
)

type offer struct{ id, agent string }

type task struct{ id, data string }

// client is what the two APIs have in common.
type client interface {
	// run registers and returns when the framework has ended.
	run() error
	launch(offers []offer, tasks []task)
	kill(task string)
	message(agent, text string)
	reconcile()
	stop()
}

// framework brings together tasks that wait and offers. The client tells it of the latter.
type framework struct {
	lock    sync.Mutex
	client  client
	offers  []offer
	waiting []task
	agent   string
}

func main() {
	flag.Parse()
	f := &framework{}
	if *api == "driver" {
		f.client = newDriverClient(f)
	} else {
		f.client = newHTTPClient(f)
	}
	go f.obey()
	if err := f.client.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (f *framework) obey() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), " ", 3)
		switch words[0] {
		case "launch":
			wanted := task{id: words[1]}
			if len(words) > 2 {
				wanted.data = words[2]
			}
			f.lock.Lock()
			f.waiting = append(f.waiting, wanted)
			f.launch()
			f.lock.Unlock()
		case "kill":
			f.client.kill(words[1])
		case "message":
			f.lock.Lock()
			agent := f.agent
			f.lock.Unlock()
			f.client.message(agent, words[1])
		case "reconcile":
			f.client.reconcile()
		case "stop":
			f.client.stop()
		}
	}
}

// registered tells the id; offers of an earlier connection are void.
func (f *framework) registered(id string) {
	f.lock.Lock()
	f.offers = nil
	f.lock.Unlock()
	tell("registered", "framework", id)
}

func (f *framework) offered(o offer) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.offers = append(f.offers, o)
	f.agent = o.agent
	f.launch()
}

func (f *framework) rescinded(id string) {
	f.lock.Lock()
	defer f.lock.Unlock()
	for i, o := range f.offers {
		if o.id == id {
			f.offers = append(f.offers[:i], f.offers[i+1:]...)
			return
		}
	}
}

// launch runs what waits on all offers together, which are of one agent. Expects the lock.
func (f *framework) launch() {
	if len(f.offers) == 0 || len(f.waiting) == 0 {
		return
	}
	f.client.launch(f.offers, f.waiting)
	f.offers, f.waiting = nil, nil
}

var output sync.Mutex

// tell writes a line of JSON; fields are names and values in turn.
func tell(event string, fields ...string) {
	line := map[string]string{"event": event}
	for i := 0; i < len(fields); i += 2 {
		line[fields[i]] = fields[i+1]
	}
	output.Lock()
	defer output.Unlock()
	json.NewEncoder(os.Stdout).Encode(line)
}
