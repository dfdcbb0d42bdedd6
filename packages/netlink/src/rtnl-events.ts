import type { Kernel } from '@linnet/kernel';
export function rtnlEventsInit(_k: Kernel): void {}
