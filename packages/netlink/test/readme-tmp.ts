import { createKernel, VirtualClock, type KernelModule } from '@linnet/kernel';
import { netlink, nlDumpBegin, rtnlDump, rtnlRegister } from '@linnet/netlink';
import { NlTestClient, nlAttrs, nlIfinfo, nlStr } from '@linnet/netlink/testing';
import { AF_INET, NLM_F_DUMP, RTM_GETLINK, RTM_GETRULE, RTM_NEWRULE } from '@linnet/uapi';

const rules: KernelModule = {
  name: 'rules',
  requires: [netlink],
  init(k) {
    rtnlRegister(k, AF_INET, RTM_GETRULE, {
      dumpit: (net, req, w, cb) =>
        rtnlDump([10, 20, 30], w, cb, (priority) => {
          nlDumpBegin(w, cb, RTM_NEWRULE);
          w.reserve(12);
          w.putU32(6, priority);
          return w.end();
        }),
    });
  },
};

const k = createKernel({ modules: [rules], clock: new VirtualClock(), seed: 1 });
const client = new NlTestClient(k.initNet);
console.log(client.request(RTM_GETRULE, NLM_F_DUMP, new Uint8Array([AF_INET])).length); // 4: three rules, and the end
const [lo] = client.request(RTM_GETLINK, 0, nlIfinfo({ index: 1 }));
console.log(nlStr(nlAttrs(lo!.payload, 16).get(3))); // lo
k.shutdown();
