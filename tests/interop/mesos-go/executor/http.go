package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/encoding/codecs"
	"github.com/mesos/mesos-go/api/v1/lib/executor"
	"github.com/mesos/mesos-go/api/v1/lib/executor/calls"
	"github.com/mesos/mesos-go/api/v1/lib/executor/config"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpexec"
	"github.com/pborman/uuid"
)

var errShutdown = errors.New("shutdown")

// httpClient is the v1 API. It keeps what is not acknowledged, for an agent that starts again.
type httpClient struct {
	runner     *runner
	config     config.Config
	sender     calls.Sender
	subscriber calls.Sender
	lock       sync.Mutex
	tasks      map[string]mesos.TaskInfo
	updates    map[string]executor.Call_Update
}

func newHTTPClient(r *runner) *httpClient {
	return &httpClient{
		runner:  r,
		tasks:   make(map[string]mesos.TaskInfo),
		updates: make(map[string]executor.Call_Update),
	}
}

func (c *httpClient) run() (err error) {
	if c.config, err = config.FromEnv(); err != nil {
		return err
	}
	http := httpcli.New(
		httpcli.Endpoint(fmt.Sprintf("http://%s/api/v1/executor", c.config.AgentEndpoint)),
		httpcli.Codec(codecs.ByMediaType[codecs.MediaTypeProtobuf]))
	sender := func(options ...httpcli.RequestOpt) calls.Sender {
		return calls.SenderWith(httpexec.NewSender(http.Send, options...),
			calls.Framework(c.config.FrameworkID), calls.Executor(c.config.ExecutorID))
	}
	c.sender, c.subscriber = sender(), sender(httpcli.Close(true))
	for {
		if err = c.follow(); err == errShutdown {
			fmt.Println("shutdown")
			return nil
		}
		fmt.Println("disconnected:", err)
		time.Sleep(100 * time.Millisecond)
	}
}

// follow subscribes and handles events until the stream ends.
func (c *httpClient) follow() error {
	events, err := c.subscriber.Send(context.Background(), calls.NonStreaming(c.unacknowledged()))
	if events != nil {
		defer events.Close()
	}
	for err == nil {
		var e executor.Event
		if err = events.Decode(&e); err == nil {
			err = c.handle(&e)
		}
	}
	return err
}

func (c *httpClient) unacknowledged() *executor.Call {
	c.lock.Lock()
	defer c.lock.Unlock()
	tasks := []mesos.TaskInfo{}
	for _, t := range c.tasks {
		tasks = append(tasks, t)
	}
	updates := []executor.Call_Update{}
	for _, u := range c.updates {
		updates = append(updates, u)
	}
	return calls.Subscribe(tasks, updates)
}

func (c *httpClient) handle(e *executor.Event) error {
	switch e.Type {
	case executor.Event_SUBSCRIBED:
		fmt.Println("subscribed")
	case executor.Event_LAUNCH:
		task := e.Launch.Task
		c.lock.Lock()
		c.tasks[task.TaskID.Value] = task
		c.lock.Unlock()
		c.runner.launch(task.TaskID.Value, string(task.Data))
	case executor.Event_KILL:
		c.runner.kill(e.Kill.TaskID.Value)
	case executor.Event_ACKNOWLEDGED:
		c.lock.Lock()
		delete(c.tasks, e.Acknowledged.TaskID.Value)
		delete(c.updates, string(e.Acknowledged.UUID))
		c.lock.Unlock()
	case executor.Event_MESSAGE:
		c.message(string(e.Message.Data))
	case executor.Event_ERROR:
		return errors.New(e.Error.Message)
	case executor.Event_SHUTDOWN:
		return errShutdown
	}
	return nil
}

func (c *httpClient) update(task, state string) {
	value := mesos.TaskState(mesos.TaskState_value[state])
	call := calls.Update(mesos.TaskStatus{
		TaskID:     mesos.TaskID{Value: task},
		ExecutorID: &mesos.ExecutorID{Value: c.config.ExecutorID},
		State:      &value,
		Source:     mesos.SOURCE_EXECUTOR.Enum(),
		UUID:       uuid.NewRandom(),
	})
	c.lock.Lock()
	c.updates[string(call.Update.Status.UUID)] = *call.Update
	c.lock.Unlock()
	c.call(call)
}

func (c *httpClient) message(text string) {
	c.call(calls.Message([]byte(text)))
}

func (c *httpClient) call(call *executor.Call) {
	answer, err := c.sender.Send(context.Background(), calls.NonStreaming(call))
	if answer != nil {
		answer.Close()
	}
	if err != nil {
		fmt.Println("not sent:", call.Type, err) // updates go with the next subscription
	}
}
