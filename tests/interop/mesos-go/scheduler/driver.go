package main

import (
	"fmt"
	"net"

	"github.com/gogo/protobuf/proto"
	"github.com/mesos/mesos-go/api/v0/auth"
	"github.com/mesos/mesos-go/api/v0/auth/sasl"
	mesos "github.com/mesos/mesos-go/api/v0/mesosproto"
	"github.com/mesos/mesos-go/api/v0/mesosutil"
	sched "github.com/mesos/mesos-go/api/v0/scheduler"
	"golang.org/x/net/context"
)

// driverClient is the v0 API: messages of libprocess, by the scheduler driver.
type driverClient struct {
	framework *framework
	driver    *sched.MesosSchedulerDriver
}

func newDriverClient(f *framework) *driverClient {
	return &driverClient{framework: f}
}

func (c *driverClient) run() error {
	info := &mesos.FrameworkInfo{
		User:            proto.String(""), // the driver fills it in
		Name:            proto.String("mesos-go driver"),
		Checkpoint:      proto.Bool(true),
		FailoverTimeout: proto.Float64(failoverTimeoutSeconds),
	}
	if *frameworkID != "" {
		info.Id = mesosutil.NewFrameworkID(*frameworkID)
	}
	config := sched.DriverConfig{
		Scheduler:      c,
		Framework:      info,
		Master:         *master,
		BindingAddress: net.IPv4(127, 0, 0, 1),
	}
	if *principal != "" {
		config.Credential = &mesos.Credential{Principal: principal, Secret: secret}
		config.WithAuthContext = func(ctx context.Context) context.Context {
			return sasl.WithBindingAddress(auth.WithLoginProvider(ctx, sasl.ProviderName), config.BindingAddress)
		}
	}
	driver, err := sched.NewMesosSchedulerDriver(config)
	if err != nil {
		return err
	}
	c.driver = driver
	_, err = driver.Run()
	return err
}

func (c *driverClient) launch(offers []offer, tasks []task) {
	executor := &mesos.ExecutorInfo{
		ExecutorId: mesosutil.NewExecutorID(executorID),
		Command:    &mesos.CommandInfo{Value: executorCommand},
		Resources:  []*mesos.Resource{mesosutil.NewScalarResource("cpus", executorCPUs)},
	}
	infos := []*mesos.TaskInfo{}
	for _, t := range tasks {
		infos = append(infos, &mesos.TaskInfo{
			Name:      proto.String(t.id),
			TaskId:    mesosutil.NewTaskID(t.id),
			SlaveId:   mesosutil.NewSlaveID(offers[0].agent),
			Resources: []*mesos.Resource{mesosutil.NewScalarResource("cpus", taskCPUs)},
			Executor:  executor,
			Data:      []byte(t.data),
		})
	}
	filters := &mesos.Filters{RefuseSeconds: proto.Float64(0)}
	ids := []*mesos.OfferID{}
	for _, o := range offers {
		ids = append(ids, mesosutil.NewOfferID(o.id))
	}
	c.driver.LaunchTasks(ids, infos, filters)
}

func (c *driverClient) kill(task string) {
	c.driver.KillTask(mesosutil.NewTaskID(task))
}

func (c *driverClient) message(agent, text string) {
	c.driver.SendFrameworkMessage(mesosutil.NewExecutorID(executorID), mesosutil.NewSlaveID(agent), text)
}

func (c *driverClient) reconcile() {
	c.driver.ReconcileTasks([]*mesos.TaskStatus{})
}

func (c *driverClient) stop() {
	c.driver.Stop(false)
}

func (c *driverClient) Registered(_ sched.SchedulerDriver, id *mesos.FrameworkID, _ *mesos.MasterInfo) {
	c.framework.registered(id.GetValue())
}

func (c *driverClient) Reregistered(sched.SchedulerDriver, *mesos.MasterInfo) {
	tell("reregistered")
}

func (c *driverClient) Disconnected(sched.SchedulerDriver) {
	tell("disconnected")
}

func (c *driverClient) ResourceOffers(_ sched.SchedulerDriver, offers []*mesos.Offer) {
	for _, o := range offers {
		c.framework.offered(offer{id: o.Id.GetValue(), agent: o.SlaveId.GetValue()})
	}
}

func (c *driverClient) OfferRescinded(_ sched.SchedulerDriver, id *mesos.OfferID) {
	c.framework.rescinded(id.GetValue())
}

func (c *driverClient) StatusUpdate(_ sched.SchedulerDriver, status *mesos.TaskStatus) {
	tell("update", "task", status.TaskId.GetValue(), "state", status.GetState().String(), "source", status.GetSource().String(),
		"message", status.GetMessage())
}

func (c *driverClient) FrameworkMessage(_ sched.SchedulerDriver, _ *mesos.ExecutorID, _ *mesos.SlaveID, text string) {
	tell("message", "text", text)
}

func (c *driverClient) SlaveLost(_ sched.SchedulerDriver, id *mesos.SlaveID) {
	tell("agent lost", "agent", id.GetValue())
}

func (c *driverClient) ExecutorLost(_ sched.SchedulerDriver, id *mesos.ExecutorID, _ *mesos.SlaveID, status int) {
	tell("executor lost", "executor", id.GetValue(), "status", fmt.Sprint(status))
}

func (c *driverClient) Error(_ sched.SchedulerDriver, message string) {
	tell("error", "message", message)
}
