/**
 * Readiness bits and operations: poll(2), epoll(7).
 */

// poll(2)

/** There is data to read (poll(2)). @public */
export const POLLIN = 0x0001;
/** There is urgent data or another exceptional condition (poll(2)). @public */
export const POLLPRI = 0x0002;
/** Writing will not block (poll(2)). @public */
export const POLLOUT = 0x0004;
/** Error condition, always reported (poll(2)). @public */
export const POLLERR = 0x0008;
/** Hang up, always reported (poll(2)). @public */
export const POLLHUP = 0x0010;
/** The descriptor is not open (poll(2)). @public */
export const POLLNVAL = 0x0020;
/** Same as POLLIN (poll(2)). @public */
export const POLLRDNORM = 0x0040;
/** Priority data can be read (poll(2)). @public */
export const POLLRDBAND = 0x0080;
/** Same as POLLOUT (poll(2)). @public */
export const POLLWRNORM = 0x0100;
/** Priority data can be written (poll(2)). @public */
export const POLLWRBAND = 0x0200;
/** Event bit of poll(2): msg. @public */
export const POLLMSG = 0x0400;
/** Event bit of poll(2): remove. @public */
export const POLLREMOVE = 0x1000;
/** The peer has closed or shut down writing (poll(2)). @public */
export const POLLRDHUP = 0x2000;

// epoll(7)

/** There is data to read (epoll_ctl(2)). @public */
export const EPOLLIN = 0x1;
/** There is urgent data (epoll_ctl(2)). @public */
export const EPOLLPRI = 0x2;
/** Writing will not block (epoll_ctl(2)). @public */
export const EPOLLOUT = 0x4;
/** Error condition, always reported (epoll_ctl(2)). @public */
export const EPOLLERR = 0x8;
/** Hang up, always reported (epoll_ctl(2)). @public */
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
/** The peer has closed or shut down writing (epoll_ctl(2)). @public */
export const EPOLLRDHUP = 0x2000;
/** Wake one of several epolls (epoll_ctl(2)). @public */
export const EPOLLEXCLUSIVE = 0x10000000;
/** Keep the system awake (epoll_ctl(2)). @public */
export const EPOLLWAKEUP = 0x20000000;
/** Report once, then disarm (epoll_ctl(2)). @public */
export const EPOLLONESHOT = 0x40000000;
/** Edge-triggered (epoll_ctl(2)); int32, as bit 31. @public */
export const EPOLLET = -0x80000000;

// epoll operations

/** epoll_ctl(2): add a descriptor. @public */
export const EPOLL_CTL_ADD = 1;
/** epoll_ctl(2): remove a descriptor. @public */
export const EPOLL_CTL_DEL = 2;
/** epoll_ctl(2): change the events of a descriptor. @public */
export const EPOLL_CTL_MOD = 3;
/** epoll_create1(2): close on execve(2). @public */
export const EPOLL_CLOEXEC = 524288;
