/** `apply-process KUBECONFIG NAMESPACE OBJECTS INVENTORY`: one pass of the applier in a process of its own, as a command line would do it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { InventoryEntry } from '../api/inventory-entry.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { createKubeApi } from '../src/kube/rest/rest-kube-api.ts';
import { ourPass } from './our-applier.ts';

const [kubeconfig = '', namespace = '', objectsFile = '', inventoryFile = ''] = process.argv.slice(2);
const objects = JSON.parse(readFileSync(objectsFile, 'utf8')) as readonly KubeObject[];
const inventory = existsSync(inventoryFile) ? (JSON.parse(readFileSync(inventoryFile, 'utf8')) as readonly InventoryEntry[]) : [];
const api = await createKubeApi({ kubeconfig });
writeFileSync(inventoryFile, JSON.stringify(await ourPass({ api, namespace, objects, inventory })));
await api.close();
