// Program oracles does to a cluster what Flux and Argo CD do, with their own code: it answers whether they get on with the operator.
//
//	oracles flux-apply                 server-side apply of the objects, as kustomize-controller does it
//	oracles argo-sync [--server-side]  apply of the objects, as Argo CD's application controller syncs them
//	oracles argo-diff [--server-side]  what Argo CD's user interface would call out of sync
//
// Objects are read as YAML or JSON from standard input; the cluster is the one of KUBECONFIG. The answer is JSON on standard output,
// an object for each object read.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// answer is what happened to one object.
type answer struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Result is a word of the tool: created, configured, unchanged; synced; in sync, out of sync.
	Result string `json:"result"`
	// Detail is the difference that was found, for people.
	Detail string `json:"detail,omitempty"`
}

type verb func(context.Context, *rest.Config, []*unstructured.Unstructured) ([]answer, error)

var verbs = map[string]verb{
	"flux-apply":              fluxApply,
	"argo-sync":               argoSync(false),
	"argo-sync --server-side": argoSync(true),
	"argo-diff":               argoDiff(false),
	"argo-diff --server-side": argoDiff(true),
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	command := ""
	for i, arg := range os.Args[1:] {
		if i > 0 {
			command += " "
		}
		command += arg
	}
	do, known := verbs[command]
	if !known {
		return fmt.Errorf("unknown command %q; expected flux-apply, argo-sync or argo-diff, the last two also with --server-side", command)
	}
	objects, err := utils.ReadObjects(os.Stdin)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if len(objects) == 0 {
		return errors.New("standard input holds no object")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	answers, err := do(ctx, config, objects)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}
