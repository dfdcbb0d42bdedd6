/** What the type of a route means (RTN_*): the errno of a lookup and the narrowest scope it may have. */
import { EACCES, EAGAIN, EHOSTUNREACH, EINVAL } from '@linnet/kernel';
import {
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNREACHABLE,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_NAT,
  RTN_UNICAST,
  RTN_UNSPEC,
  RTN_XRESOLVE,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
} from '@linnet/uapi';

function table(pairs: readonly (readonly [number, number])[]): readonly number[] {
  const out: number[] = [];
  for (const [type, v] of pairs) out[type] = v;
  return Object.freeze(out);
}

/** Errno of a lookup that ends at a route of this type, by RTN_*. @alpha */
export const FIB_PROPS_ERROR: readonly number[] = table([
  [RTN_UNSPEC, 0],
  [RTN_UNICAST, 0],
  [RTN_LOCAL, 0],
  [RTN_BROADCAST, 0],
  [RTN_ANYCAST, 0],
  [RTN_MULTICAST, 0],
  [RTN_BLACKHOLE, -EINVAL],
  [RTN_UNREACHABLE, -EHOSTUNREACH],
  [RTN_PROHIBIT, -EACCES],
  [RTN_THROW, -EAGAIN],
  [RTN_NAT, -EINVAL],
  [RTN_XRESOLVE, -EINVAL],
]);

/** Narrowest scope of a route of this type, by RTN_*. @alpha */
export const FIB_PROPS_SCOPE: readonly number[] = table([
  [RTN_UNSPEC, RT_SCOPE_NOWHERE],
  [RTN_UNICAST, RT_SCOPE_UNIVERSE],
  [RTN_LOCAL, RT_SCOPE_HOST],
  [RTN_BROADCAST, RT_SCOPE_LINK],
  [RTN_ANYCAST, RT_SCOPE_LINK],
  [RTN_MULTICAST, RT_SCOPE_UNIVERSE],
  [RTN_BLACKHOLE, RT_SCOPE_UNIVERSE],
  [RTN_UNREACHABLE, RT_SCOPE_UNIVERSE],
  [RTN_PROHIBIT, RT_SCOPE_UNIVERSE],
  [RTN_THROW, RT_SCOPE_UNIVERSE],
  [RTN_NAT, RT_SCOPE_NOWHERE],
  [RTN_XRESOLVE, RT_SCOPE_NOWHERE],
]);
