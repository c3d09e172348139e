package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/encoding/codecs"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/callrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/controller"
	"github.com/mesos/mesos-go/api/v1/lib/extras/scheduler/eventrules"
	"github.com/mesos/mesos-go/api/v1/lib/extras/store"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpsched"
	"github.com/mesos/mesos-go/api/v1/lib/resources"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/calls"
	"github.com/mesos/mesos-go/api/v1/lib/scheduler/events"
)

// httpClient is the v1 API: calls and a stream of events over HTTP, in protobuf or JSON.
type httpClient struct {
	framework *framework
	caller    calls.Caller
	id        store.Singleton
	context   context.Context
	cancel    func()
}

func newHTTPClient(f *framework) *httpClient {
	codec := codecs.ByMediaType[codecs.MediaTypeProtobuf]
	if *api == "json" {
		codec = codecs.ByMediaType[codecs.MediaTypeJSON]
	}
	c := &httpClient{framework: f, id: store.NewInMemorySingleton()}
	c.id.Set(*frameworkID)
	c.context, c.cancel = context.WithCancel(context.Background())
	endpoint := httpcli.Endpoint(fmt.Sprintf("http://%s/api/v1/scheduler", *master))
	http := httpsched.NewCaller(httpcli.New(endpoint, httpcli.Codec(codec)))
	c.caller = callrules.WithFrameworkID(store.GetIgnoreErrors(c.id)).Caller(http)
	return c
}

func (c *httpClient) run() error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	timeout, checkpoint := failoverTimeoutSeconds, true
	info := &mesos.FrameworkInfo{
		User:            me.Username,
		Name:            "mesos-go " + *api,
		Checkpoint:      &checkpoint,
		FailoverTimeout: &timeout,
	}
	if *frameworkID != "" {
		info.ID = &mesos.FrameworkID{Value: *frameworkID}
	}
	failoverTimeout := time.Duration(failoverTimeoutSeconds * float64(time.Second))
	handler := controller.LiftErrors().Handle(events.Handlers{
		scheduler.Event_SUBSCRIBED: eventrules.New(controller.TrackSubscription(c.id, failoverTimeout)).HandleF(c.subscribed),
		scheduler.Event_OFFERS:     events.HandlerFunc(c.offers),
		scheduler.Event_RESCIND:    events.HandlerFunc(c.rescind),
		scheduler.Event_UPDATE:     controller.AckStatusUpdates(c.caller).HandleF(update),
		scheduler.Event_MESSAGE:    events.HandlerFunc(message),
		scheduler.Event_FAILURE:    events.HandlerFunc(failure),
	})
	err = controller.Run(c.context, info, c.caller,
		controller.WithEventHandler(handler),
		controller.WithFrameworkID(store.GetIgnoreErrors(c.id)),
		controller.WithSubscriptionTerminated(func(error) { tell("disconnected") }),
		controller.WithRegistrationTokens(everySoOften(c.context)))
	if c.context.Err() != nil || errors.Is(err, context.Canceled) {
		return nil // told to stop
	}
	return err
}

// everySoOften limits the rate of registrations.
func everySoOften(ctx context.Context) <-chan struct{} {
	tokens := make(chan struct{})
	go func() {
		for ctx.Err() == nil {
			tokens <- struct{}{}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return tokens
}

func (c *httpClient) call(call *scheduler.Call) {
	if err := calls.CallNoData(c.context, c.caller, call); err != nil {
		fmt.Fprintln(os.Stderr, call.Type, err)
	}
}

func (c *httpClient) launch(offers []offer, tasks []task) {
	infos := []mesos.TaskInfo{}
	for _, t := range tasks {
		infos = append(infos, mesos.TaskInfo{
			Name:      t.id,
			TaskID:    mesos.TaskID{Value: t.id},
			AgentID:   mesos.AgentID{Value: offers[0].agent},
			Resources: []mesos.Resource{resources.NewCPUs(taskCPUs).Resource},
			Executor: &mesos.ExecutorInfo{
				Type:       mesos.ExecutorInfo_CUSTOM,
				ExecutorID: mesos.ExecutorID{Value: executorID},
				Command:    &mesos.CommandInfo{Value: executorCommand},
				Resources:  []mesos.Resource{resources.NewCPUs(executorCPUs).Resource},
			},
			Data: []byte(t.data),
		})
	}
	operations := calls.OfferOperations{calls.OpLaunch(infos...)}
	ids := []mesos.OfferID{}
	for _, o := range offers {
		ids = append(ids, mesos.OfferID{Value: o.id})
	}
	c.call(calls.Accept(operations.WithOffers(ids...)).With(calls.RefuseSeconds(0)))
}

func (c *httpClient) kill(task string) { c.call(calls.Kill(task, "")) }

func (c *httpClient) message(agent, text string) {
	c.call(calls.Message(agent, executorID, []byte(text)))
}

func (c *httpClient) reconcile() { c.call(calls.Reconcile()) }

func (c *httpClient) stop() {
	c.call(&scheduler.Call{Type: scheduler.Call_TEARDOWN})
	c.cancel()
}

func (c *httpClient) offers(_ context.Context, e *scheduler.Event) error {
	for _, o := range e.GetOffers().GetOffers() {
		c.framework.offered(offer{id: o.ID.Value, agent: o.AgentID.Value})
	}
	return nil
}

func (c *httpClient) rescind(_ context.Context, e *scheduler.Event) error {
	c.framework.rescinded(e.GetRescind().GetOfferID().Value)
	return nil
}

func (c *httpClient) subscribed(_ context.Context, e *scheduler.Event) error {
	c.framework.registered(e.GetSubscribed().GetFrameworkID().GetValue())
	return nil
}

func update(_ context.Context, e *scheduler.Event) error {
	status := e.GetUpdate().GetStatus()
	tell("update", "task", status.TaskID.Value, "state", status.GetState().String(), "source", status.GetSource().String(),
		"message", status.GetMessage())
	return nil
}

func message(_ context.Context, e *scheduler.Event) error {
	tell("message", "text", string(e.GetMessage().GetData()))
	return nil
}

func failure(_ context.Context, e *scheduler.Event) error {
	if executor := e.GetFailure().GetExecutorID(); executor != nil {
		tell("executor lost", "executor", executor.Value, "status", fmt.Sprint(e.GetFailure().GetStatus()))
	} else {
		tell("agent lost", "agent", e.GetFailure().GetAgentID().GetValue())
	}
	return nil
}
