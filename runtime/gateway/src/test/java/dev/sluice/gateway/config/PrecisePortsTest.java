package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where KV events are looked for. */
class PrecisePortsTest {
    @TempDir
    Path dir;

    private PoolConfig pool(String text) throws Exception {
        Files.writeString(dir.resolve("endpoints.yaml"), "endpoints: []\n");
        Loaded loaded = new ConfigLoader(name -> Optional.empty())
                .load(Files.writeString(dir.resolve("c.yaml"), text), Catalog.onClassPath());
        assertThat(loaded.errors()).isEmpty();
        return loaded.config().orElseThrow().pools().getFirst();
    }

    private Optional<PoolConfig.KvEvents> ports(String parameters) throws Exception {
        return pool("kind: EndpointPickerConfig\nplugins:\n  - {type: precise-prefix-cache-producer" + parameters
                        + "}\n  - {type: prefix-cache-scorer}\n  - {type: file-discovery, parameters: {path: endpoints.yaml}}\n"
                        + "dataLayer: {discovery: {pluginRef: file-discovery}}\n"
                        + "schedulingProfiles: [{name: default, plugins: [{pluginRef: prefix-cache-scorer}]}]\n")
                .kvEvents();
    }

    @Test
    void thePreciseProducersPortsAreThePools() throws Exception {
        assertThat(ports("")).hasValue(new PoolConfig.KvEvents(5557, OptionalInt.of(0), 1));
        assertThat(
                        ports(
                                ", parameters: {kvEventsConfig: {podDiscoveryConfig: {socketPort: 6000, replaySocketPort: 6001}}}"))
                .hasValue(new PoolConfig.KvEvents(6000, OptionalInt.of(6001), 1));
        assertThat(ports(", parameters: {kvEventsConfig: {discoverPods: false}}"))
                .isEmpty();
    }

    @Test
    void replaysAreAtThePortBehindThoseOfTheEvents() throws Exception {
        Map<String, OptionalInt> replays = Map.of(
                "kvEvents: \"tcp://h:5557\"", OptionalInt.of(5558),
                "kvEvents: \"tcp://h:5557\", kvRanks: 4", OptionalInt.of(5561),
                "kvEvents: \"tcp://h:5557\", kvReplay: none", OptionalInt.empty(),
                "kvEvents: \"tcp://h:5557\", kvReplay: \"tcp://h:7\"", OptionalInt.of(7),
                "role: both", OptionalInt.empty());
        for (Map.Entry<String, OptionalInt> row : replays.entrySet()) {
            EndpointConfig read = pool("pools: [{name: a, models: [m], endpoints: [{url: \"http://h:1\", "
                            + row.getKey() + "}]}]")
                    .endpoints()
                    .getFirst();
            assertThat(read.kvReplayPort()).as(row.getKey()).isEqualTo(row.getValue());
        }
    }

    @Test
    void whatCanNotBeIsRefused() throws Exception {
        for (String row : new String[] {
            "kvEvents: \"http://h:5557\"",
            "kvEvents: \"tcp://*:5557\"",
            "kvReplay: none",
            "kvRanks: 2",
            "kvEvents: \"tcp://h:5557\", kvReplay: \"tcp://other:5558\""
        }) {
            Loaded loaded = new ConfigLoader(name -> Optional.empty())
                    .load(
                            Files.writeString(
                                    dir.resolve("c.yaml"),
                                    "pools: [{name: a, models: [m], endpoints: [{url: \"http://h:1\", " + row + "}]}]"),
                            Catalog.onClassPath());
            assertThat(loaded.errors()).as(row).hasSize(1);
        }
    }
}
