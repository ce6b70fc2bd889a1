package dev.sluice.gateway;

import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.SecretText;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.spi.Endpoint;
import java.net.URI;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A pool's engines as they are listed now: how each is watched, and how it is reached. */
final class PoolEngines {
    static final PoolEngines NONE = new PoolEngines(List.of());

    private record Row(PoolSource.Listed listed, EngineTarget target, Upstreams.Way way) {}

    private final List<Row> rows;

    private PoolEngines(List<Row> rows) {
        this.rows = rows;
    }

    static PoolEngines of(PoolConfig pool, List<PoolSource.Listed> listed, EngineTrust trust) {
        return NONE.changed(pool, listed, trust);
    }

    /** Others of the same pool; where thousands are listed and a few change, the rest stays as it is. */
    PoolEngines changed(PoolConfig pool, List<PoolSource.Listed> listed, EngineTrust trust) {
        Map<String, Row> before = HashMap.newHashMap(rows.size());
        rows.forEach(row -> before.put(row.listed.endpoint().id(), row));
        return new PoolEngines(listed.stream()
                .map(each -> {
                    @Nullable Row same = before.get(each.endpoint().id());
                    return same != null && same.listed.equals(each) ? same : row(pool, each, trust);
                })
                .toList());
    }

    private static Row row(PoolConfig pool, PoolSource.Listed listed, EngineTrust trust) {
        Endpoint endpoint = listed.endpoint();
        Optional<SSLContext> tls = listed.secure() ? Optional.of(trust.of(pool)) : Optional.empty();
        URI base = URI.create((listed.secure() ? "https://" : "http://") + listed.engine());
        EngineTarget target = new EngineTarget(
                pool.name() + "/" + endpoint.id(),
                base,
                metrics(base, pool.metrics()),
                pool.credential().map(SecretText::value),
                pool.models().names().stream().limit(1).collect(Collectors.toSet()),
                tls);
        return new Row(
                listed,
                target,
                new Upstreams.Way(endpoint.address(), pool.timeouts().connect(), tls));
    }

    private static URI metrics(URI base, PoolConfig.MetricsPage page) {
        String authority =
                page.port().isPresent() ? base.getHost() + ":" + page.port().getAsInt() : base.getRawAuthority();
        return URI.create(base.getScheme() + "://" + authority + page.path());
    }

    List<PoolSource.Listed> listed() {
        return rows.stream().map(Row::listed).toList();
    }

    List<EngineTarget> targets() {
        return rows.stream().map(Row::target).toList();
    }

    /** By an endpoint's id. */
    Map<String, Upstreams.Way> ways() {
        Map<String, Upstreams.Way> ways = LinkedHashMap.newLinkedHashMap(rows.size());
        rows.forEach(row -> ways.put(row.listed.endpoint().id(), row.way));
        return ways;
    }
}
