import assert from 'node:assert/strict';
import test from 'node:test';
import { containerOf } from './cgroups.ts';

const id = 'ab12'.repeat(16);

test('containers are found in the cgroup names of the usual runtimes', () => {
  const paths: [string, string | undefined][] = [
    [`/docker/${id}`, 'ab12ab12ab12'],
    [`/system.slice/docker-${id}.scope`, 'ab12ab12ab12'],
    [`/kubepods.slice/kubepods-pod1234.slice/cri-containerd-${id}.scope`, 'ab12ab12ab12'],
    [`/machine.slice/libpod-${id}.scope/container`, 'ab12ab12ab12'],
    ['/lxc.payload.web1/system.slice', 'web1'],
    ['/machine.slice/machine-web2.scope', 'web2'],
    ['/user.slice/user-1000.slice/session-2.scope', undefined],
    ['/', undefined],
  ];
  for (const [path, name] of paths) assert.equal(containerOf(path), name, path);
});

test('of nested containers the inner one is named', () => {
  assert.equal(containerOf(`/docker/${id}/docker/${'cd34'.repeat(16)}`), 'cd34cd34cd34');
});
