package dev.sluice.gateway.tenant;

import dev.sluice.core.quota.Limits;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigError;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.SecretText;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.config.TenantConflicts;
import dev.sluice.gateway.config.TenantFile;
import dev.sluice.gateway.config.TenantsConfig;
import dev.sluice.gateway.identity.Issuers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is known of all tenant files, and what is in force of them. A broken file hurts its own tenant only: that one stays as it
 * was when its file was good, or, if it never was, is told that the gateway is at fault. When two files claim one thing, whoever
 * had it before keeps it.
 */
public final class TenantBook {
    private static final System.Logger LOG = System.getLogger(TenantBook.class.getName());

    private final Map<String, TenantQuota> quotas = new HashMap<>();
    private Map<Path, Page> pages = new TreeMap<>();
    private GatewayConfig gateway;
    private Catalog catalog;
    private CacheSalt salts;
    private Optional<Issuers> issuers;
    private Tenant anonymous;
    private List<Standings> standings = List.of();
    private Set<ConfigError> told = Set.of();

    /**
     * A file.
     *
     * @param read what it says by itself
     * @param shown the same with what it has against other files
     * @param good what of it is in force
     */
    private record Page(String text, TenantFile read, TenantFile shown, Optional<TenantFile> good) {
        Page(String text, TenantFile read, Optional<TenantFile> good) {
            this(text, read, read, good);
        }

        /** Whether nothing of what is in force changes, may change, or begins. */
        int rank() {
            return good.isEmpty() ? 2 : read.config().equals(good.get().config()) ? 0 : 1;
        }
    }

    /** A book without tenants. */
    public TenantBook(GatewayConfig gateway, Catalog catalog) {
        this.gateway = gateway;
        this.catalog = catalog;
        this.salts = salts(gateway);
        this.issuers = gateway.identity().map(Issuers::of);
        this.anonymous = Tenant.anonymous(salts);
    }

    private static CacheSalt salts(GatewayConfig gateway) {
        return new CacheSalt(
                gateway.tenants().flatMap(TenantsConfig::salt).map(SecretText::value),
                gateway.tenants().map(TenantsConfig::saltEpoch).orElse(0));
    }

    /** Another configuration of the gateway is in force: every file is read against it again. */
    public synchronized Tenants gateway(GatewayConfig next, Catalog types) {
        boolean sameSalt = next.tenants()
                        .flatMap(TenantsConfig::salt)
                        .equals(gateway.tenants().flatMap(TenantsConfig::salt))
                && next.tenants()
                        .map(TenantsConfig::saltEpoch)
                        .equals(gateway.tenants().map(TenantsConfig::saltEpoch));
        if (!next.identity().equals(gateway.identity())) {
            issuers.ifPresent(Issuers::close);
            issuers = next.identity().map(Issuers::of);
        }
        gateway = next;
        catalog = types;
        if (!sameSalt) {
            salts = salts(next);
            anonymous = Tenant.anonymous(salts);
        }
        Map<Path, Page> read = new TreeMap<>();
        pages.forEach((path, page) ->
                read.put(path, new Page(page.text, TenantFile.read(path, page.text, next, types), page.good)));
        pages = read;
        return settled();
    }

    /**
     * What the directory holds now.
     *
     * @param texts all files; those that are no longer there are gone, and with them their keys
     */
    public synchronized Tenants files(Map<Path, String> texts) {
        Map<Path, Page> next = new TreeMap<>();
        texts.forEach((path, text) -> {
            Page before = pages.get(path);
            next.put(
                    path,
                    before != null && before.text.equals(text)
                            ? before
                            : new Page(
                                    text,
                                    TenantFile.read(path, text, gateway, catalog),
                                    before == null ? Optional.empty() : before.good));
        });
        pages = next;
        return settled();
    }

    /** All files, and how they stand. */
    public synchronized List<Standings> standings() {
        return standings;
    }

    private Tenants settled() {
        if (gateway.tenants().isEmpty()) {
            return Tenants.OPEN;
        }
        TenantConflicts conflicts = new TenantConflicts(gateway);
        List<Map.Entry<Path, Page>> order = new ArrayList<>(pages.entrySet());
        order.sort(Comparator.comparingInt(entry -> entry.getValue().rank()));
        Map<Path, Page> settled = new TreeMap<>();
        for (Map.Entry<Path, Page> entry : order) {
            settled.put(entry.getKey(), settled(entry.getValue(), conflicts));
        }
        pages = settled;
        standings = settled.values().stream()
                .map(page -> new Standings(
                        page.good.map(TenantFile::tenant).orElse(page.read.tenant()), page.shown, page.good))
                .toList();
        tell();
        return compiled();
    }

    private static Page settled(Page page, TenantConflicts conflicts) {
        TenantFile read = page.read;
        TenantFile shown = read.config().isPresent() ? read.with(conflicts.add(read)) : read;
        Optional<TenantFile> good = shown.config().isPresent()
                ? Optional.of(read)
                : page.good.filter(last -> conflicts.add(last).isEmpty());
        return new Page(page.text, read, shown, good);
    }

    /** Each error once. */
    private void tell() {
        Set<ConfigError> now = new HashSet<>();
        for (Standings one : standings) {
            now.addAll(one.file().errors());
            one.file().errors().stream()
                    .filter(error -> !told.contains(error))
                    .forEach(error -> LOG.log(System.Logger.Level.ERROR, "{0}; {1}", error, one.state()));
        }
        told = now;
    }

    private Tenants compiled() {
        List<Tenant> tenants = new ArrayList<>();
        List<Tenants.Entry> keys = new ArrayList<>();
        TokenRules tokens = new TokenRules(issuers);
        Set<String> names = new HashSet<>();
        Set<String> taken = new HashSet<>();
        for (Page page : pages.values()) {
            page.good.flatMap(TenantFile::config).ifPresent(config -> {
                Map<String, Limits> models = QuotaNames.of(config, gateway);
                TenantQuota quota = quotas.computeIfAbsent(config.tenant(), name -> new TenantQuota());
                quota.limits(
                        Tenant.limits(config.quota()),
                        models,
                        config.quota().onPartition() == TenantConfig.OnPartition.DENY);
                Tenant tenant = Tenant.of(config, salts, quota, models.keySet());
                tenants.add(tenant);
                names.add(config.tenant());
                keys.addAll(entries(config.keys(), tenant, Caller.Verdict.WELCOME, taken));
                config.match().forEach(rule -> tokens.add(rule, tenant, Caller.Verdict.WELCOME));
            });
        }
        for (Page page : pages.values()) {
            if (page.good.isEmpty()) {
                keys.addAll(entries(page.read.keys(), Tenant.EVERYBODY, Caller.Verdict.BROKEN, taken));
                page.read.match().forEach(rule -> tokens.add(rule, Tenant.EVERYBODY, Caller.Verdict.BROKEN));
            }
        }
        quotas.keySet().retainAll(names);
        boolean open = gateway.tenants().map(TenantsConfig::anonymous).orElse(TenantsConfig.Anonymous.DENY)
                == TenantsConfig.Anonymous.ALLOW;
        return Tenants.of(open ? Optional.of(anonymous) : Optional.empty(), tenants, keys, tokens);
    }

    private static List<Tenants.Entry> entries(
            List<TenantConfig.Key> keys, Tenant tenant, Caller.Verdict verdict, Set<String> taken) {
        List<Tenants.Entry> entries = new ArrayList<>();
        for (TenantConfig.Key key : keys) {
            if (taken.add(key.sha256().hex())) {
                entries.add(new Tenants.Entry(
                        key.sha256().bytes(), key.expires().orElse(null), new Caller(tenant, key.id(), verdict)));
            }
        }
        return entries;
    }
}
