package dev.sluice.peers;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;
import org.jgroups.Address;
import org.jgroups.PhysicalAddress;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.TCPPING;
import org.jgroups.stack.IpAddress;
import org.jgroups.util.Responses;

/** Looks for members where somebody else says that there may be some, each time anew. */
final class FoundHosts extends TCPPING {
    private final Supplier<List<InetSocketAddress>> where;

    /** @param where may wait for an answer */
    FoundHosts(Supplier<List<InetSocketAddress>> where) {
        this.where = where;
        // Headers carry the number of what it extends.
        setId(ClassConfigurator.getProtocolId(TCPPING.class));
        initial_hosts_set_programmatically = true;
    }

    @Override
    public void findMembers(List<Address> members, boolean initial, Responses responses) {
        List<PhysicalAddress> now = where.get().stream()
                .filter(host -> !host.isUnresolved())
                .<PhysicalAddress>map(host -> new IpAddress(host.getAddress(), host.getPort()))
                .toList();
        if (!now.isEmpty()) {
            initial_hosts = now;
        }
        super.findMembers(members, initial, responses);
    }
}
