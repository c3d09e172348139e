// Prints the leading master at a zk:// address, and each change of it, a line each: `leader PID ID HOSTNAME` or `none`.
package main

import (
	"fmt"
	"os"

	"github.com/mesos/mesos-go/api/v0/detector"
	_ "github.com/mesos/mesos-go/api/v0/detector/zoo"
	mesos "github.com/mesos/mesos-go/api/v0/mesosproto"
)

func main() {
	found, err := detector.New(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = found.Detect(detector.OnMasterChanged(func(info *mesos.MasterInfo) {
		if info == nil {
			fmt.Println("none")
			return
		}
		fmt.Println("leader", info.GetPid(), info.GetId(), info.GetHostname())
	}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-found.Done()
}
