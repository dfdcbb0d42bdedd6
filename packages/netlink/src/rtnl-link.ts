import type { Kernel } from '@linnet/kernel';
export function rtnlLinkInit(_k: Kernel): void {}
