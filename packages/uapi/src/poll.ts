/**
 * Readiness bits and operations: poll(2), epoll(7).
 */

// poll(2)

/** Event bit of poll(2): in. @public */
export const POLLIN = 0x0001;
/** Event bit of poll(2): pri. @public */
export const POLLPRI = 0x0002;
/** Event bit of poll(2): out. @public */
export const POLLOUT = 0x0004;
/** Event bit of poll(2): err. @public */
export const POLLERR = 0x0008;
/** Event bit of poll(2): hup. @public */
export const POLLHUP = 0x0010;
/** Event bit of poll(2): nval. @public */
export const POLLNVAL = 0x0020;
/** Event bit of poll(2): rdnorm. @public */
export const POLLRDNORM = 0x0040;
/** Event bit of poll(2): rdband. @public */
export const POLLRDBAND = 0x0080;
/** Event bit of poll(2): wrnorm. @public */
export const POLLWRNORM = 0x0100;
/** Event bit of poll(2): wrband. @public */
export const POLLWRBAND = 0x0200;
/** Event bit of poll(2): msg. @public */
export const POLLMSG = 0x0400;
/** Event bit of poll(2): remove. @public */
export const POLLREMOVE = 0x1000;
/** Event bit of poll(2): rdhup. @public */
export const POLLRDHUP = 0x2000;

// epoll(7)

/** Event bit of epoll_ctl(2): in. @public */
export const EPOLLIN = 0x1;
/** Event bit of epoll_ctl(2): pri. @public */
export const EPOLLPRI = 0x2;
/** Event bit of epoll_ctl(2): out. @public */
export const EPOLLOUT = 0x4;
/** Event bit of epoll_ctl(2): err. @public */
export const EPOLLERR = 0x8;
/** Event bit of epoll_ctl(2): hup. @public */
export const EPOLLHUP = 0x10;
/** Event bit of epoll_ctl(2): rdnorm. @public */
export const EPOLLRDNORM = 0x40;
/** Event bit of epoll_ctl(2): rdband. @public */
export const EPOLLRDBAND = 0x80;
/** Event bit of epoll_ctl(2): wrnorm. @public */
export const EPOLLWRNORM = 0x100;
/** Event bit of epoll_ctl(2): wrband. @public */
export const EPOLLWRBAND = 0x200;
/** Event bit of epoll_ctl(2): msg. @public */
export const EPOLLMSG = 0x400;
/** Event bit of epoll_ctl(2): rdhup. @public */
export const EPOLLRDHUP = 0x2000;
/** Event bit of epoll_ctl(2): exclusive. @public */
export const EPOLLEXCLUSIVE = 0x10000000;
/** Event bit of epoll_ctl(2): wakeup. @public */
export const EPOLLWAKEUP = 0x20000000;
/** Event bit of epoll_ctl(2): oneshot. @public */
export const EPOLLONESHOT = 0x40000000;
/** Event bit of epoll_ctl(2): et. @public */
export const EPOLLET = -0x80000000;

// epoll operations

/** epoll_ctl(2) and epoll_create1(2): ctl add. @public */
export const EPOLL_CTL_ADD = 1;
/** epoll_ctl(2) and epoll_create1(2): ctl del. @public */
export const EPOLL_CTL_DEL = 2;
/** epoll_ctl(2) and epoll_create1(2): ctl mod. @public */
export const EPOLL_CTL_MOD = 3;
/** epoll_ctl(2) and epoll_create1(2): cloexec. @public */
export const EPOLL_CLOEXEC = 524288;
