package dev.sluice.gateway;

import dev.sluice.core.Decision;
import dev.sluice.core.Explainer;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.Edits;
import dev.sluice.gateway.admin.AdminView;
import dev.sluice.gateway.admin.ExplainedDecision;
import dev.sluice.gateway.admin.PluginStatus;
import dev.sluice.gateway.admin.PoolStatus;
import dev.sluice.gateway.admin.RecentDecision;
import dev.sluice.gateway.admin.TenantStatus;
import dev.sluice.gateway.config.DefaultRouting;
import dev.sluice.gateway.config.EffectiveConfig;
import dev.sluice.gateway.handover.Splittable;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What the admin port shows of a running gateway. */
final class GatewayView implements AdminView {
    private final Gateway gateway;

    GatewayView(Gateway gateway) {
        this.gateway = gateway;
    }

    @Override
    public List<PoolStatus> endpoints() {
        List<PoolStatus> pools = new ArrayList<>();
        for (RoutingTable.PoolEntry entry : gateway.runtime().settings.table().pools()) {
            LivePool pool = entry.pool();
            pools.add(new PoolStatus(
                    pool.name(),
                    pool.report(),
                    pool.queued(),
                    pool.queuedBytes(),
                    pool.indexBlocks(),
                    pool.kvStatus(),
                    pool.waking().map(Waking::status)));
        }
        return pools;
    }

    @Override
    public List<RecentDecision> decisions(int limit) {
        return gateway.runtime().decisions.newest(limit).stream()
                .map(GatewayView::row)
                .toList();
    }

    private static RecentDecision row(DecisionLog.Kept kept) {
        DecisionLog.Entry entry = kept.entry();
        Decision decision = kept.decision();
        RoutingRequest request = decision.placement().request();
        boolean placed = decision.rows().length > 0;
        DecisionLog.End end = entry.end();
        int reported = end.usage().cachedTokens();
        return new RecentDecision(
                entry.id,
                entry.clientId,
                Instant.ofEpochMilli(entry.epochMillis),
                entry.pool,
                request.tenant(),
                request.path(),
                request.model(),
                entry.attempt,
                placed ? decision.endpoint().id() : "",
                request.promptTokens(),
                placed ? decision.placement().cachedTokens(decision.row()) : 0,
                reported < 0 ? OptionalInt.empty() : OptionalInt.of(reported),
                end.outcome(),
                end.millis(),
                decision.refusal().map(Enum::name).orElse(decision.fallback().orElse("")));
    }

    @Override
    public Optional<ExplainedDecision> explain(String id) {
        return gateway.runtime().decisions.find(id).map(GatewayView::explained);
    }

    @Override
    public Optional<byte[]> explainedElsewhere(String id) {
        return gateway.peering().flatMap(peering -> peering.ask(id));
    }

    static ExplainedDecision explained(DecisionLog.Kept kept) {
        return new ExplainedDecision(
                row(kept),
                Explainer.explain(kept.decision())
                        .released(kept.entry().released())
                        .waited(kept.entry().waited()));
    }

    @Override
    public Object route(byte[] body, String path, String tenant) {
        Api api = Api.of(path).orElseThrow(() -> new IllegalArgumentException("no such route: " + path));
        LiveState.Settings settings = gateway.runtime().settings;
        BodyScan scan;
        try {
            scan = settings.scanner().scan(api, ByteBuffer.wrap(body));
        } catch (BadBodyException bad) {
            throw new IllegalArgumentException(bad.getMessage(), bad);
        }
        Tenant its = tenant(settings, tenant);
        Prepared.Led led = led(settings, its, scan);
        RoutingTable.Target target = led.target();
        LivePool pool = target.entry().pool();
        PromptHashes prompt = target.prompt(scan, led.model());
        Edits edits = Edits.of(scan);
        String sent = target.engineModel().orElse(led.model());
        if (!sent.equals(scan.model())) {
            edits.model(sent);
        }
        LivePool.Estimate estimate = Prepared.exact(
                pool,
                scan,
                edits.apply(),
                pool.estimateOnly(Prepared.bytes(prompt), scan.maxTokens().orElse(0)));
        Ask.Who who = new Ask.Who(
                "rehearsal", its, name -> Optional.empty(), scan.session().map(its::own), scan::promptText, 1);
        boolean splittable = pool.handovers()
                .filter(how -> Splittable.is(scan, how.traits()))
                .isPresent();
        Ask asked = Ask.of(
                who,
                scan,
                prompt,
                estimate,
                target.allowed(),
                scan.stream(),
                pool.known(scan, prompt, target, led.model(), edits.apply()));
        Ask named = led.model().equals(scan.model()) ? asked : asked.named(led.model());
        Ask ask = (splittable ? named.split() : named).by(target.policy());
        Decision decision = pool.rehearse(ask);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("tenant", ask.request().tenant());
        answer.put("pool", pool.name());
        answer.put("model", sent);
        answer.put("promptTokens", ask.request().promptTokens());
        answer.put("plan", plan(decision));
        answer.put("explanation", Explainer.explain(decision));
        return answer;
    }

    private static Tenant tenant(LiveState.Settings settings, String name) {
        if (settings.tenants().open()) {
            return Tenant.EVERYBODY;
        }
        return settings.tenants()
                .tenant(name.isEmpty() ? Tenant.ANONYMOUS : name)
                .orElseThrow(() -> new IllegalArgumentException("there is no tenant " + name + " in force"));
    }

    private static Prepared.Led led(LiveState.Settings settings, Tenant who, BodyScan scan) {
        try {
            long chance = TenantRoutes.chance(scan.session(), 1);
            if (who == Tenant.EVERYBODY) {
                return Prepared.led(settings, scan, scan.model(), chance);
            }
            TenantRoutes.Way way =
                    new TenantRoutes(settings, who, chance).ways(scan.model()).getFirst();
            return Prepared.led(settings, scan, way, chance);
        } catch (Refused refused) {
            throw new IllegalArgumentException(
                    refused.error() == GatewayError.MODEL_NOT_FOUND
                            ? "no pool serves the model " + scan.model()
                            : refused.text(),
                    refused);
        }
    }

    private static List<String> plan(Decision decision) {
        if (decision.rows().length == 0) {
            return List.of();
        }
        String serve = "serve at " + decision.endpoint().id();
        int from = decision.prefillRow();
        return from < 0
                ? List.of(serve)
                : List.of(
                        "compute the prompt at "
                                + decision.placement().snapshot().endpoint(from).id(),
                        serve);
    }

    @Override
    public String config() {
        return EffectiveConfig.json(gateway.config(), gateway.catalog());
    }

    @Override
    public List<PluginStatus> plugins() {
        return new PluginPage(
                        gateway.config(),
                        gateway.catalog(),
                        DefaultRouting.of(gateway.catalog()),
                        gateway.pipelines(),
                        gateway.unloads().remains())
                .rows();
    }

    @Override
    public List<TenantStatus> tenants() {
        return page().rows();
    }

    @Override
    public Optional<?> tenant(String name) {
        return page().one(name);
    }

    private TenantPage page() {
        return new TenantPage(gateway.runtime().settings, gateway.config(), gateway.tenantFiles());
    }

    @Override
    public void drain() {
        gateway.beginDrain();
    }

    @Override
    public Optional<String> notReady() {
        return gateway.notReady();
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public void metrics(OutputStream out) throws IOException {
        gateway.runtime().meters.scrape(out);
    }
}
