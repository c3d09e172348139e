// Executor runs on one of the two executor APIs of mesos-go.
// A task ends when the file it names in its data exists, or is killed; messages are sent back.
package main

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

var api = flag.String("api", "driver", "driver (v0) or http (v1)")

// client is what the two APIs have in common.
type client interface {
	// run registers and returns when the executor is told to end.
	run() error
	update(task, state string)
	message(text string)
}

type runner struct {
	lock   sync.Mutex
	client client
	tasks  map[string]chan struct{}
}

func main() {
	flag.Parse()
	r := &runner{tasks: make(map[string]chan struct{})}
	if *api == "http" {
		r.client = newHTTPClient(r)
	} else {
		r.client = newDriverClient(r)
	}
	if err := r.client.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (r *runner) launch(task, file string) {
	killed := make(chan struct{})
	r.lock.Lock()
	r.tasks[task] = killed
	r.lock.Unlock()
	r.client.update(task, "TASK_RUNNING")
	go func() {
		for file != "" {
			if _, err := os.Stat(file); err == nil {
				break
			}
			select {
			case <-killed:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
		r.client.update(task, "TASK_FINISHED")
	}()
}

func (r *runner) kill(task string) {
	r.lock.Lock()
	close(r.tasks[task])
	r.lock.Unlock()
	r.client.update(task, "TASK_KILLED")
}
