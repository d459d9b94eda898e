package main

import (
	"context"

	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const fluxManager = "kustomize-controller"

// fluxApply is the apply of kustomize-controller: the same library, owner and clean-up of other field managers as in its
// internal/controller/kustomization_controller.go.
func fluxApply(ctx context.Context, config *rest.Config, objects []*unstructured.Unstructured) ([]answer, error) {
	log.SetLogger(log.Log)
	kube, err := client.New(config, client.Options{})
	if err != nil {
		return nil, err
	}
	if err := normalize.UnstructuredList(objects); err != nil {
		return nil, err
	}
	manager := ssa.NewResourceManager(kube, nil, ssa.Owner{Field: fluxManager, Group: "kustomize.toolkit.fluxcd.io"})
	manager.SetOwnerLabels(objects, "apps", "flux-system")
	options := ssa.DefaultApplyOptions()
	options.Cleanup = ssa.ApplyCleanupOptions{
		Annotations: []string{corev1.LastAppliedConfigAnnotation},
		FieldManagers: []ssa.FieldManager{
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
			{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: "before-first-apply", OperationType: metav1.ManagedFieldsOperationUpdate},
			{Name: fluxManager, OperationType: metav1.ManagedFieldsOperationUpdate},
		},
		Exclusions: map[string]string{"kustomize.toolkit.fluxcd.io/ssa": "Merge"},
	}
	changes, err := manager.ApplyAll(ctx, objects, options)
	if err != nil {
		return nil, err
	}
	answers := []answer{}
	for _, change := range changes.Entries {
		answers = append(answers, answer{Kind: change.ObjMetadata.GroupKind.Kind, Name: change.ObjMetadata.Name, Result: string(change.Action)})
	}
	return answers, nil
}
