package main

import (
	"fmt"
	"net"
	"os"

	exec "github.com/mesos/mesos-go/api/v0/executor"
	mesos "github.com/mesos/mesos-go/api/v0/mesosproto"
	"github.com/mesos/mesos-go/api/v0/mesosutil"
)

// driverClient is the v0 API: messages of libprocess, by the executor driver.
type driverClient struct {
	runner *runner
	driver *exec.MesosExecutorDriver
}

func newDriverClient(r *runner) *driverClient {
	return &driverClient{runner: r}
}

func (c *driverClient) run() error {
	address := net.ParseIP(os.Getenv("LIBPROCESS_IP"))
	driver, err := exec.NewMesosExecutorDriver(exec.DriverConfig{Executor: c, BindingAddress: address})
	if err != nil {
		return err
	}
	c.driver = driver
	_, err = driver.Run()
	return err
}

func (c *driverClient) update(task, state string) {
	value := mesos.TaskState(mesos.TaskState_value[state])
	status := &mesos.TaskStatus{TaskId: mesosutil.NewTaskID(task), State: &value}
	if _, err := c.driver.SendStatusUpdate(status); err != nil {
		fmt.Println("not sent:", state, task, err) // the driver sends it again when the agent is back
	}
}

func (c *driverClient) message(text string) {
	c.driver.SendFrameworkMessage(text)
}

func (c *driverClient) Registered(exec.ExecutorDriver, *mesos.ExecutorInfo, *mesos.FrameworkInfo, *mesos.SlaveInfo) {
	fmt.Println("registered")
}

func (c *driverClient) Reregistered(exec.ExecutorDriver, *mesos.SlaveInfo) {
	fmt.Println("reregistered")
}

func (c *driverClient) Disconnected(exec.ExecutorDriver) {
	fmt.Println("disconnected")
}

func (c *driverClient) LaunchTask(_ exec.ExecutorDriver, task *mesos.TaskInfo) {
	c.runner.launch(task.TaskId.GetValue(), string(task.GetData()))
}

func (c *driverClient) KillTask(_ exec.ExecutorDriver, task *mesos.TaskID) {
	c.runner.kill(task.GetValue())
}

func (c *driverClient) FrameworkMessage(_ exec.ExecutorDriver, text string) {
	c.message(text)
}

func (c *driverClient) Shutdown(exec.ExecutorDriver) {
	fmt.Println("shutdown")
}

func (c *driverClient) Error(_ exec.ExecutorDriver, message string) {
	fmt.Println("error:", message)
}
