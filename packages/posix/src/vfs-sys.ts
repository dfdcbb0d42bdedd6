/** /sys/class/net and /sys/devices/virtual/net, as a task in a namespace sees them (sysfs(5)). */
import type { Net } from '@linnet/kernel';
import { devGetByName, forEachNetdev, NETDEV_NET, type NetDevice, netSysfsGroups, netSysfsPath, netSysfsStore, type SysfsAttr } from '@linnet/netdev';
import { dirOf, linkTo, type VfsDir, type VfsFile, type VfsNode } from './vfs.ts';

function attrFile(dev: NetDevice, attr: SysfsAttr): VfsFile {
  const { show, store } = attr;
  return {
    kind: 'file',
    mode: (show === undefined ? 0 : 0o444) | (store === undefined ? 0 : 0o200),
    read: () => show!.call(attr, dev),
    ...(store === undefined ? {} : { write: (text: string): number => netSysfsStore(dev, attr, text) }),
  };
}

/** A folder of a device: the files of the groups there, and the folders below. */
function deviceDir(dev: NetDevice, dir: string): VfsDir {
  const nodes = (): Map<string, () => VfsNode> => {
    const out = new Map<string, () => VfsNode>();
    for (const group of netSysfsGroups(dev)) {
      if (group.dir === dir) {
        for (const [name, attr] of Object.entries(group.attrs)) out.set(name, () => attrFile(dev, attr));
        for (const [name, target] of Object.entries(group.links?.(dev) ?? {})) out.set(name, () => linkTo(target));
      } else if (dir === '' || group.dir.startsWith(`${dir}/`)) {
        const child = group.dir.slice(dir === '' ? 0 : dir.length + 1).split('/')[0]!;
        out.set(child, () => deviceDir(dev, dir === '' ? child : `${dir}/${child}`));
      }
    }
    return out;
  };
  return { kind: 'dir', list: () => [...nodes().keys()].sort(), get: (name) => nodes().get(name)?.() ?? null };
}

/** The folder of all devices; entries are folders, or links to them. */
function netDir(net: Net, links: boolean): VfsDir {
  return {
    kind: 'dir',
    list(): string[] {
      const out: string[] = [];
      if (net.tryGet(NETDEV_NET) !== null) forEachNetdev(net, (dev) => void out.push(dev.name));
      return out.sort();
    },
    get(name): VfsNode | null {
      const dev = net.tryGet(NETDEV_NET) === null ? null : devGetByName(net, name);
      if (dev === null) return null;
      return links ? linkTo(`../../${netSysfsPath(dev).slice('/sys/'.length)}`) : deviceDir(dev, '');
    },
  };
}

/** The tree under /sys. */
export function sysRoot(net: Net): VfsDir {
  return dirOf({
    class: () => dirOf({ net: () => netDir(net, true) }),
    devices: () => dirOf({ virtual: () => dirOf({ net: () => netDir(net, false) }) }),
  });
}
