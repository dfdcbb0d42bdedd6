// getaddrinfo and getnameinfo: of a link-local address the C library asks the real system which interface its scope (fe80::1%eth0) means.
#include "linnet.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

// Of other addresses the scope is a plain number.
static int has_link(const struct in6_addr *a) { return IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MC_LINKLOCAL(a); }

EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res) {
  char address[INET6_ADDRSTRLEN], changed[INET6_ADDRSTRLEN + 16];
  struct in6_addr number;
  const char *percent = node == NULL || !linnet_on() ? NULL : strchr(node, '%');
  if (percent == NULL || (size_t)(percent - node) >= sizeof address) return REAL(getaddrinfo)(node, service, hints, res);
  memcpy(address, node, (size_t)(percent - node));
  address[percent - node] = 0;
  if (inet_pton(AF_INET6, address, &number) != 1 || !has_link(&number)) return REAL(getaddrinfo)(node, service, hints, res);
  unsigned index = if_nametoindex(percent + 1);
  if (index == 0) {
    // A number may be an index that is not there; a name of the real system's is none.
    int digits = percent[1] != 0 && percent[1 + strspn(percent + 1, "0123456789")] == 0;
    return digits ? REAL(getaddrinfo)(node, service, hints, res) : EAI_NONAME;
  }
  snprintf(changed, sizeof changed, "%s%%%u", address, index);
  int rc = REAL(getaddrinfo)(changed, service, hints, res);
  if (rc == 0 && (*res)->ai_canonname != NULL) {
    char *name = strdup(node);
    if (name != NULL) free((*res)->ai_canonname), (*res)->ai_canonname = name;
  }
  return rc;
}

EXPORT int getnameinfo(const struct sockaddr *sa, socklen_t salen, char *host, socklen_t hostlen, char *serv, socklen_t servlen, int flags) {
  struct sockaddr_in6 plain;
  struct in6_addr number;
  char name[IF_NAMESIZE], scope[IF_NAMESIZE + 1];
  if (!linnet_on() || sa == NULL || salen < sizeof plain || sa->sa_family != AF_INET6 || host == NULL || hostlen == 0) {
    return REAL(getnameinfo)(sa, salen, host, hostlen, serv, servlen, flags);
  }
  memcpy(&plain, sa, sizeof plain);
  unsigned index = plain.sin6_scope_id;
  if (index == 0 || !has_link(&plain.sin6_addr)) return REAL(getnameinfo)(sa, salen, host, hostlen, serv, servlen, flags);
  plain.sin6_scope_id = 0;
  int rc = REAL(getnameinfo)((const struct sockaddr *)&plain, sizeof plain, host, hostlen, serv, servlen, flags);
  // What has a name has no scope.
  if (rc != 0 || inet_pton(AF_INET6, host, &number) != 1) return rc;
  if (if_indextoname(index, name) != NULL) snprintf(scope, sizeof scope, "%%%s", name);
  else snprintf(scope, sizeof scope, "%%%u", index);
  if (strlen(host) + strlen(scope) >= hostlen) return EAI_OVERFLOW;
  strcat(host, scope);
  return 0;
}
