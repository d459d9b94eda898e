package main

import (
	"context"
	"fmt"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

const argoManager = "argocd-controller"

func argoKubectl() *kube.KubectlCmd {
	return &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}
}

// track marks an object as Argo CD 3 does by default.
func track(object *unstructured.Unstructured) {
	annotations := object.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	group := object.GroupVersionKind().Group
	annotations["argocd.argoproj.io/tracking-id"] =
		fmt.Sprintf("apps:%s/%s:%s/%s", group, object.GetKind(), object.GetNamespace(), object.GetName())
	object.SetAnnotations(annotations)
}

// argoSync applies each object as a sync does, without options or with ServerSideApply=true.
func argoSync(serverSide bool) verb {
	return func(ctx context.Context, config *rest.Config, objects []*unstructured.Unstructured) ([]answer, error) {
		operations, cleanUp, err := argoKubectl().ManageResources(config)
		if err != nil {
			return nil, err
		}
		defer cleanUp()
		answers := []answer{}
		for _, object := range objects {
			track(object)
			said, err := operations.ApplyResource(ctx, object, cmdutil.DryRunNone, false, true, serverSide, argoManager)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
			}
			answers = append(answers, answer{Kind: object.GetKind(), Name: object.GetName(), Result: "synced", Detail: said})
		}
		return answers, nil
	}
}

// argoDiff compares what is in Git with what is live: by the default three-way merge, or with ServerSideDiff=true.
func argoDiff(serverSide bool) verb {
	return func(ctx context.Context, config *rest.Config, objects []*unstructured.Unstructured) ([]answer, error) {
		kubectl := argoKubectl()
		_, parser, err := kubectl.LoadOpenAPISchema(config)
		if err != nil {
			return nil, err
		}
		dryRuns, cleanUp, err := kubectl.ManageServerSideDiffDryRuns(config)
		if err != nil {
			return nil, err
		}
		defer cleanUp()
		options := []diff.Option{
			diff.WithLogr(logr.Discard()),
			diff.WithManager(argoManager),
			diff.WithGVKParser(parser),
			diff.WithServerSideDiff(serverSide),
			diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(dryRuns)),
		}
		answers := []answer{}
		for _, object := range objects {
			track(object)
			live, err := kubectl.GetResource(ctx, config, object.GroupVersionKind(), object.GetName(), object.GetNamespace())
			if apierrors.IsNotFound(err) {
				live = nil
			} else if err != nil {
				return nil, err
			}
			found, err := diff.Diff(object, live, options...)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
			}
			one := answer{Kind: object.GetKind(), Name: object.GetName(), Result: "in sync"}
			if found.Modified {
				one.Result = "out of sync"
				one.Detail = fmt.Sprintf("live %s, wanted %s", found.NormalizedLive, found.PredictedLive)
			}
			answers = append(answers, one)
		}
		return answers, nil
	}
}
