package dev.sluice.gateway;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.gateway.config.PeersConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where other replicas may be: names that stand for addresses, or pods. */
final class PeerHosts implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.peers");

    private final PeersConfig config;
    private final Supplier<EndpointSource> searches;
    private volatile List<InetSocketAddress> pods = List.of();
    private @Nullable EndpointSource source;
    private boolean closed;

    /** @param searches makes the finder of pods, when pods are to be found */
    PeerHosts(PeersConfig config, Supplier<EndpointSource> searches) {
        this.config = config;
        this.searches = searches;
    }

    /** Who may be there now. Waits for a name server; a name that it does not know stands for nobody. */
    List<InetSocketAddress> now() {
        config.pods().ifPresent(this::search);
        List<InetSocketAddress> all = new ArrayList<>(pods);
        for (String member : config.members()) {
            int colon = member.lastIndexOf(':');
            boolean port = colon > 0 && !member.endsWith("]");
            String name = port ? member.substring(0, colon) : member;
            try {
                for (InetAddress address : InetAddress.getAllByName(name)) {
                    all.add(new InetSocketAddress(
                            address, port ? Integer.parseInt(member.substring(colon + 1)) : config.port()));
                }
            } catch (UnknownHostException nobody) {
                // A headless Service without pods has no address: that is nobody, not a fault.
                LOG.log(System.Logger.Level.TRACE, "peers: {0} has no address", name);
            }
        }
        return all;
    }

    private synchronized void search(PeersConfig.Pods wanted) {
        if (source != null || closed) {
            return;
        }
        EndpointSource made = searches.get();
        source = made;
        made.watch(new Wanted.Pods(wanted.namespace(), wanted.selector(), config.port()), this::found);
    }

    private void found(Picture picture) {
        if (!picture.seen()) {
            return;
        }
        pods = picture.endpoints().stream().map(one -> address(one.address())).toList();
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, colon);
        return new InetSocketAddress(
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
                Integer.parseInt(text.substring(colon + 1)));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (source != null) {
            source.close();
        }
    }
}
