package dev.sluice.knative;

import static dev.sluice.knative.FakeApi.OBJECTIVES;
import static dev.sluice.knative.FakeApi.OLD_OBJECTIVES;
import static dev.sluice.knative.FakeApi.PODS;
import static dev.sluice.knative.FakeApi.POOLS;
import static dev.sluice.knative.FakeApi.REVISIONS;
import static dev.sluice.knative.FakeApi.REWRITES;
import static dev.sluice.knative.FakeApi.SERVICES;
import static dev.sluice.knative.FakeApi.SLICES;
import static dev.sluice.knative.Objects.pod;
import static dev.sluice.knative.Objects.revision;
import static dev.sluice.knative.Objects.service;
import static dev.sluice.knative.Objects.share;
import static dev.sluice.knative.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.PoolRules;
import dev.sluice.core.discovery.Standing;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.spi.Role;
import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Searches against an API server on its bad days, over real connections. */
@Timeout(60)
class SearchTest {
    private static final Wanted KNATIVE = new Wanted.Knative("ns", "app=chat");
    private static final Duration PATIENCE = Duration.ofMillis(400);

    private FakeApi api;
    private KubernetesSource source;
    private final BlockingQueue<Picture> news = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws IOException {
        api = new FakeApi();
        source = new KubernetesSource(api::config, PATIENCE, Duration.ofMillis(100));
    }

    @AfterEach
    void stop() {
        source.close();
        api.close();
    }

    private void oneRevision() {
        api.put(REVISIONS, revision("chat-1", 8080, 4, "--block-size", "32"));
        api.put(SERVICES, service(share("chat-1", 100, "")));
        api.put(SLICES, slice("chat-1", "x", pod("p1", "10.0.0.1", true, false)));
    }

    @Test
    void theClientIsThereBeforeTheFirstSearch() throws Exception {
        oneRevision();
        CompletableFuture<Boolean> made = new CompletableFuture<>();
        try (KubernetesSource early = new KubernetesSource(
                () -> {
                    made.complete(true);
                    return api.config();
                },
                PATIENCE,
                Duration.ofSeconds(5))) {
            early.prepare();
            assertThat(made.get(30, TimeUnit.SECONDS)).isTrue();
            try (var _ = early.watch(KNATIVE, news::add)) {
                assertThat(await(p -> p.seen() && !p.found().isEmpty()).found()).hasSize(1);
            }
        }
    }

    @Test
    void aServerThatIsAwayIsNoHarmToAnEarlyClient() throws Exception {
        oneRevision();
        api.down();
        source.prepare();
        try (var _ = source.watch(KNATIVE, news::add)) {
            await(p -> !p.problems().isEmpty());
            api.up();
            assertThat(await(p -> p.seen() && !p.found().isEmpty()).found()).hasSize(1);
        }
    }

    @Test
    void emptyListsAreKnownBeforeAnyWatchIsThere() throws Exception {
        api.put(
                REVISIONS,
                revision("chat-1", 8080, 4)); // no slice and no service: nothing of these kinds is ever added
        api.holdWatches();
        try (var _ = source.watch(KNATIVE, news::add)) {
            assertThat(await(Picture::seen).revisions()).hasSize(1);
        }
    }

    private Picture await(Predicate<Picture> wanted) throws InterruptedException {
        Picture last = Picture.unseen("");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < end) {
            Picture next = news.poll(100, TimeUnit.MILLISECONDS);
            if (next != null) {
                last = next;
                if (wanted.test(next)) {
                    return next;
                }
            }
        }
        throw new AssertionError("the last picture was " + last);
    }

    private Picture first() throws InterruptedException {
        Picture picture = await(p -> p.seen() && !p.found().isEmpty());
        api.awaitWatch(SLICES);
        api.awaitWatch(REVISIONS);
        return picture;
    }

    @Test
    void aPodOfARevisionIsFoundBehindItsQueueProxyAndAskedAtItsOwnPort() throws Exception {
        oneRevision();
        api.put(SLICES, slice("chat-1", "y", "Public", "decode", pod("activator", "10.0.9.9", true, false)));
        source.watch(KNATIVE, news::add);
        Picture picture = await(p -> p.seen()
                && !p.found().isEmpty()
                && p.revisions().stream().anyMatch(r -> r.doors().size() > 1));
        assertThat(picture.problems()).isEmpty();
        Picture.Found found = picture.found().getFirst();
        assertThat(found.endpoint().id()).isEqualTo("p1");
        assertThat(found.endpoint().address()).isEqualTo("10.0.0.1:8012");
        assertThat(found.engine()).isEqualTo("10.0.0.1:8080");
        assertThat(found.endpoint().role()).isEqualTo(Role.DECODE);
        assertThat(found.standing()).isEqualTo(Standing.IN);
        assertThat(found.concurrency()).hasValue(4);
        assertThat(found.facts().blockSize()).hasValue(32);
        assertThat(found.endpoint().labels())
                .containsEntry(Names.ZONE, "zone-a")
                .containsEntry(Names.REVISION, "chat-1")
                .doesNotContainKey(Names.SERVICE_TYPE);
        assertThat(picture.revisions()).singleElement().satisfies(r -> {
            assertThat(r.percent()).hasValue(100);
            assertThat(r.doors()).containsExactly("10.0.9.9:8012", "chat-1.ns.svc.cluster.local:80");
        });
    }

    @Test
    void aChangeIsToldWhenItComes() throws Exception {
        oneRevision();
        source.watch(KNATIVE, news::add);
        first();
        long before = System.nanoTime();
        api.put(SLICES, slice("chat-1", "x", pod("p1", "10.0.0.1", true, true), pod("p2", "10.0.0.2", false, false)));
        Picture picture = await(p -> p.found().size() == 2);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
        assertThat(picture.found().get(0).standing()).isEqualTo(Standing.DRAINING);
        assertThat(picture.found().get(1).standing()).isEqualTo(Standing.HELD);
        assertThat(picture.found().get(1).reason()).contains("not ready");
    }

    @Test
    void aPodThatStandsInTwoSlicesIsOneAndIsGoingWhenOneOfThemSaysSo() throws Exception {
        oneRevision();
        api.put(SLICES, slice("chat-1", "a", pod("p1", "10.0.0.1", true, true)));
        source.watch(KNATIVE, news::add);
        Picture picture = await(p -> p.seen() && !p.found().isEmpty());
        assertThat(picture.found())
                .singleElement()
                .satisfies(f -> assertThat(f.standing()).isEqualTo(Standing.DRAINING));
    }

    @Test
    void aSplitAndItsTagsAreRead() throws Exception {
        oneRevision();
        api.put(REVISIONS, revision("chat-2", 8080, 0));
        api.put(SLICES, slice("chat-2", "x", pod("p2", "10.0.0.2", true, false)));
        api.put(SERVICES, service(share("chat-1", 90, ""), share("chat-2", 10, "canary")));
        source.watch(KNATIVE, news::add);
        Picture picture =
                await(p -> p.seen() && p.found().size() == 2 && p.revisions().size() == 2);
        assertThat(picture.revisions()).extracting(r -> r.percent().orElse(-1)).containsExactly(90, 10);
        assertThat(picture.found().get(1).endpoint().labels()).containsEntry(Names.TAG, "canary");
    }

    @Test
    void whileTheApiIsAwayWhatWasFoundStaysAndAfterwardsChangesCome() throws Exception {
        oneRevision();
        source.watch(KNATIVE, news::add);
        first();
        api.down();
        Picture away = await(p -> !p.problems().isEmpty());
        assertThat(away.found()).hasSize(1);
        api.put(SLICES, slice("chat-1", "x", pod("p9", "10.0.0.9", true, false)));
        api.up();
        Picture back = await(p -> p.problems().isEmpty()
                && p.seen()
                && p.found().stream().anyMatch(f -> f.endpoint().id().equals("p9")));
        assertThat(back.found()).hasSize(1);
    }

    @Test
    void anApiThatIsAwayAtTheStartIsWaitedFor() throws Exception {
        oneRevision();
        api.down();
        source.watch(KNATIVE, news::add);
        assertThat(await(p -> !p.problems().isEmpty()).seen()).isFalse();
        api.up();
        assertThat(await(p -> p.seen() && !p.found().isEmpty()).found()).hasSize(1);
    }

    @Test
    void aHistoryThatWasDroppedIsReadAgainFromTheBeginning() throws Exception {
        oneRevision();
        source.watch(KNATIVE, news::add);
        first();
        api.expire(SLICES);
        api.put(SLICES, slice("chat-1", "x", pod("p3", "10.0.0.3", true, false)));
        assertThat(await(p -> p.found().stream().anyMatch(f -> f.endpoint().id().equals("p3")))
                        .found())
                .hasSize(1);
    }

    @Test
    void whatIsSaidAgainIsNoNews() throws Exception {
        oneRevision();
        source.watch(KNATIVE, news::add);
        first();
        news.clear();
        for (int i = 0; i < 20; i++) {
            api.repeat(SLICES);
        }
        assertThat(news.poll(300, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void anEmptyListIsDoubtedBeforeItIsBelieved() throws Exception {
        oneRevision();
        source.watch(KNATIVE, news::add);
        first();
        api.lie(true);
        api.expire(SLICES);
        Picture doubted =
                await(p -> !p.problems().isEmpty() && p.problems().getLast().contains("vanished"));
        assertThat(doubted.found()).hasSize(1);
        assertThat(await(p -> p.found().isEmpty()).seen()).isTrue();
    }

    @Test
    void aRightThatIsMissingIsNamedAndWhatDoesNotNeedItGoesOn() throws Exception {
        oneRevision();
        api.deny(REVISIONS);
        source.watch(KNATIVE, news::add);
        Picture picture =
                await(p -> p.seen() && !p.found().isEmpty() && !p.problems().isEmpty());
        assertThat(picture.problems())
                .containsExactly(
                        "may not list and watch revisions.serving.knative.dev in namespace ns: grant these verbs by a Role");
        assertThat(picture.found().getFirst().engine()).isEqualTo("10.0.0.1:8080");
        assertThat(source.missing(KNATIVE))
                .containsExactly("may not list and watch revisions.serving.knative.dev in namespace ns");
        api.allow(REVISIONS);
        assertThat(source.missing(KNATIVE)).isEmpty();
        assertThat(source.missingToScale(KNATIVE)).isEmpty();
        api.deny(REVISIONS + "/patch");
        assertThat(source.missingToScale(KNATIVE))
                .containsExactly("may not patch revisions.serving.knative.dev in namespace ns");
    }

    @Test
    void podsAreFoundByTheirLabels() throws Exception {
        api.put(PODS, pod("a", "10.0.0.1", true, Map.of(Role.LABEL, "prefill")));
        api.put(PODS, pod("b", "10.0.0.2", false, Map.of()));
        source.watch(new Wanted.Pods("ns", "app=chat", 8000), news::add);
        Picture picture = await(p -> p.found().size() == 2);
        assertThat(picture.found().get(0).endpoint().address()).isEqualTo("10.0.0.1:8000");
        assertThat(picture.found().get(0).endpoint().role()).isEqualTo(Role.PREFILL);
        assertThat(picture.found().get(0).facts().blockSize()).hasValue(32);
        assertThat(picture.found().get(1).standing()).isEqualTo(Standing.HELD);
        api.awaitWatch(PODS);
        api.remove(PODS, "b");
        await(p -> p.found().size() == 1);
    }

    @Test
    void anInferencePoolsPodsFollowItsSelector() throws Exception {
        api.put(PODS, pod("a", "10.0.0.1", true, Map.of("app", "chat")));
        source.watch(new Wanted.InferencePool("ns", "chat"), news::add);
        Picture none = await(Picture::seen);
        assertThat(none.problems()).singleElement().asString().contains("no InferencePool ns/chat");
        api.put(POOLS, Serialization.unmarshal("""
                        {"apiVersion": "inference.networking.k8s.io/v1", "kind": "InferencePool",
                         "metadata": {"name": "chat"},
                         "spec": {"selector": {"matchLabels": {"app": "chat"}}, "targetPorts": [{"number": 8000}]}}
                        """, GenericKubernetesResource.class));
        Picture picture = await(p -> !p.found().isEmpty());
        assertThat(picture.found().getFirst().endpoint().address()).isEqualTo("10.0.0.1:8000");
        assertThat(picture.problems()).isEmpty();
    }

    @Test
    void aRevisionsLeastNumberOfPodsIsRaisedAndGivenBack() throws Exception {
        Revision revision = revision("chat-1", 8080, 0);
        revision.getMetadata().setAnnotations(Map.of(Names.MIN_SCALE, "1", Names.TARGET, "10"));
        api.put(REVISIONS, revision);
        api.put(SERVICES, service(share("chat-1", 100, "")));
        api.put(SLICES, slice("chat-1", "x", pod("p1", "10.0.0.1", true, false)));
        source.watch(KNATIVE, news::add);
        Picture.Revision now = first().revisions().getFirst();
        assertThat(now.scaling()).isEqualTo(new Picture.Scaling(Role.BOTH, 7, 1, 1, 0));
        assertThat(source.scale(now, 3, 1_800_000_000_000L)).isEmpty();
        Picture.Revision raised = await(p -> p.revisions().getFirst().scaling().least() == 3)
                .revisions()
                .getFirst();
        assertThat(raised.scaling()).isEqualTo(new Picture.Scaling(Role.BOTH, 7, 3, 1, 1_800_000_000_000L));
        assertThat(source.scale(raised, 1, 0)).isEmpty();
        assertThat(await(p -> p.revisions().getFirst().scaling().least() == 1)
                        .revisions()
                        .getFirst()
                        .scaling())
                .isEqualTo(now.scaling());
        assertThat(api.notesForPods()).as("which would replace them all").isEmpty();
        api.deny(REVISIONS + "/patch");
        assertThat(source.scale(now, 2, 1).orElseThrow())
                .startsWith("may not patch revisions.serving.knative.dev in namespace ns: grant this verb by a Role");
        Picture.Revision gone =
                new Picture.Revision("chat-9", "ns", "chat", OptionalInt.empty(), List.of(), "", now.scaling());
        api.allow(REVISIONS + "/patch");
        assertThat(source.scale(gone, 2, 1).orElseThrow())
                .startsWith("can't patch revisions.serving.knative.dev in namespace ns: 404");
    }

    private void poolOfOne() {
        api.put(PODS, pod("a", "10.0.0.1", true, Map.of("app", "chat")));
        api.put(POOLS, object("InferencePool", "chat", """
                {"selector": {"matchLabels": {"app": "chat"}}, "targetPorts": [{"number": 8000}]}"""));
    }

    private static GenericKubernetesResource object(String kind, String name, String spec) {
        return Serialization.unmarshal(
                "{\"apiVersion\": \"llm-d.ai/v1alpha2\", \"kind\": \"" + kind + "\", \"metadata\": {\"name\": \"" + name
                        + "\"}, \"spec\": " + spec + "}",
                GenericKubernetesResource.class);
    }

    @Test
    void objectivesAndRewritesOfAPoolAreReadAndThoseOfOthersAreNot() throws Exception {
        poolOfOne();
        api.put(
                OBJECTIVES,
                object("InferenceObjective", "urgent", "{\"priority\": 7, \"poolRef\": {\"name\": \"chat\"}}"));
        api.put(OBJECTIVES, object("InferenceObjective", "plain", "{\"poolRef\": {\"name\": \"chat\"}}"));
        api.put(
                OBJECTIVES,
                object("InferenceObjective", "foreign", "{\"priority\": 9, \"poolRef\": {\"name\": \"b\"}}"));
        api.put(
                OLD_OBJECTIVES,
                object("InferenceObjective", "old", "{\"priority\": -1, \"poolRef\": {\"name\": \"chat\"}}"));
        api.put(
                OLD_OBJECTIVES,
                object("InferenceObjective", "urgent", "{\"priority\": 1, \"poolRef\": {\"name\": \"chat\"}}"));
        api.put(REWRITES, object("InferenceModelRewrite", "canary", """
                {"poolRef": {"name": "chat"}, "rules": [
                  {"matches": [{"model": {"type": "Exact", "value": "food"}}],
                   "targets": [{"modelRewrite": "food-1", "weight": 90}, {"modelRewrite": "food-2", "weight": 10}]},
                  {"matches": [{"model": {"type": "Pattern"}}], "targets": [{"modelRewrite": "never"}]}]}"""));
        source.watch(new Wanted.InferencePool("ns", "chat"), news::add);
        PoolRules rules = await(p -> p.seen()
                        && p.rules().objectives().size() == 3
                        && !p.rules().rewrites().isEmpty())
                .rules();
        assertThat(rules.objectives())
                .containsExactly(Map.entry("old", -1), Map.entry("plain", 0), Map.entry("urgent", 7));
        assertThat(rules.rewrites())
                .singleElement()
                .satisfies(rewrite -> assertThat(rewrite.rules())
                        .singleElement()
                        .isEqualTo(new PoolRules.Rule(
                                Set.of("food"),
                                List.of(
                                        new PoolRules.Target("food-1", OptionalInt.of(90)),
                                        new PoolRules.Target("food-2", OptionalInt.of(10))))));
        api.awaitWatch(OBJECTIVES);
        api.put(
                OBJECTIVES,
                object("InferenceObjective", "urgent", "{\"priority\": 8, \"poolRef\": {\"name\": \"chat\"}}"));
        assertThat(await(p -> p.rules().priority("urgent").equals(OptionalInt.of(8)))
                        .found())
                .hasSize(1);
    }

    @Test
    void aClusterWithoutObjectivesAndRewritesIsNothingToComplainOf() throws Exception {
        poolOfOne();
        RulesFeed.GROUPS.forEach(group -> api.unknown("/apis/" + group + "/"));
        source.watch(new Wanted.InferencePool("ns", "chat"), news::add);
        Picture picture = await(p -> p.seen() && !p.found().isEmpty());
        assertThat(picture.problems()).isEmpty();
        assertThat(picture.rules()).isEqualTo(PoolRules.NONE);
    }

    @Test
    void rightsToReadThemAreNeededInOneGroupOnly() throws Exception {
        poolOfOne();
        api.deny(OBJECTIVES);
        api.deny(REWRITES);
        source.watch(new Wanted.InferencePool("ns", "chat"), news::add);
        assertThat(await(p -> p.seen() && !p.found().isEmpty()).problems()).isEmpty();
        assertThat(source.missing(new Wanted.InferencePool("ns", "chat")))
                .containsExactly(
                        "may not list and watch inferenceobjectives.llm-d.ai in namespace ns: without them objectives and rewrites do not count",
                        "may not list and watch inferencemodelrewrites.llm-d.ai in namespace ns: without them objectives and rewrites do not count");
    }

    @Test
    void enginesOfAnLlmInferenceServiceAreFoundAndItsOtherPodsAreNot() throws Exception {
        api.put(PODS, pod("d", "10.0.0.1", true, Map.of(Names.COMPONENT, "llminferenceservice-workload")));
        api.put(PODS, pod("s", "10.0.0.2", true, Map.of(Names.COMPONENT, "llminferenceservice-router-scheduler")));
        api.put(PODS, pod("w", "10.0.0.3", true, Map.of(Names.COMPONENT, "llminferenceservice-workload-worker")));
        source.watch(new Wanted.Kserve("ns", "chat"), news::add);
        Picture picture = await(p -> p.seen() && !p.found().isEmpty());
        assertThat(picture.found())
                .singleElement()
                .satisfies(f -> assertThat(f.endpoint().address()).isEqualTo("10.0.0.1:8001"));
    }

    @Test
    void nobodyIsToldAfterTheEnd() throws Exception {
        oneRevision();
        EndpointSource.Watching watching = source.watch(KNATIVE, news::add);
        first();
        watching.close();
        api.put(SLICES, slice("chat-1", "x", pod("p2", "10.0.0.2", true, false)));
        news.clear();
        assertThat(news.poll(200, TimeUnit.MILLISECONDS)).isNull();
    }
}
