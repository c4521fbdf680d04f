// SPDX-License-Identifier: Apache-2.0
#include "weather_hub/stations.hpp"

#include <algorithm>

namespace hub {
namespace {

constexpr int day_h = 24;
constexpr auto v1 = StationKind::simulated_v1;

struct Place {
    const char* key;
    const char* name;
    double latitude;
    double longitude;
    double elevation_m;
    int sample_h;
    StationKind kind = StationKind::simulated;
};

struct Town {
    const char* key;
    const char* name;
    const char* country;
    Climate climate;
    Place places[2];
};

// Places that exist; what the simulation measures there is made up.
const Town towns[] = {
    {"vienna",
     "Vienna",
     "AT",
     {11.0, 10.5},
     {{"hohe_warte", "Hohe Warte", 48.2486, 16.3564, 198, 1},
      {"innere_stadt", "Innere Stadt", 48.1983, 16.3669, 177, 1}}},
    {"berlin",
     "Berlin",
     "DE",
     {10.0, 9.8},
     {{"tempelhof", "Tempelhof", 52.4675, 13.4021, 48, 1},
      {"dahlem", "Dahlem", 52.4537, 13.3017, 51, 3}}},
    {"munich",
     "Munich",
     "DE",
     {9.5, 9.8},
     {{"stadt", "Munich City", 48.1632, 11.5429, 515, 1},
      {"flughafen", "Munich Airport", 48.3477, 11.8134, 446, 3}}},
    {"linz",
     "Linz",
     "AT",
     {10.0, 10.3},
     {{"stadt", "Linz City", 48.2972, 14.2850, 262, 1},
      {"hoersching", "Hörsching", 48.2333, 14.1833, 298, 1}}},
    {"zurich",
     "Zurich",
     "CH",
     {9.9, 9.5},
     {{"fluntern", "Fluntern", 47.3779, 8.5658, 556, 1},
      {"kloten", "Kloten", 47.4796, 8.5361, 426, 3}}},
    {"milan",
     "Milan",
     "IT",
     {13.8, 10.8},
     {{"brera", "Brera", 45.4717, 9.1892, 147, 3}, {"linate", "Linate", 45.4451, 9.2767, 108, 1}}},
    {"prague",
     "Prague",
     "CZ",
     {9.5, 10.0},
     {{"karlov", "Karlov", 50.0692, 14.4278, 232, 1, v1},
      {"ruzyne", "Ruzyně", 50.1003, 14.2556, 364, 1}}},
    {"warsaw",
     "Warsaw",
     "PL",
     {9.0, 11.0},
     {{"okecie", "Okęcie", 52.1628, 20.9611, 106, 1},
      {"bielany", "Bielany", 52.2833, 20.9667, 98, 3}}},
    {"budapest",
     "Budapest",
     "HU",
     {11.8, 11.2},
     {{"pestszentlorinc", "Pestszentlőrinc", 47.4292, 19.1822, 139, 1},
      {"lagymanyos", "Lágymányos", 47.4747, 19.0619, 113, 3}}},
    {"bratislava",
     "Bratislava",
     "SK",
     {11.0, 10.8},
     {{"koliba", "Koliba", 48.1681, 17.1058, 286, 1},
      {"ivanka", "Ivanka", 48.1702, 17.2127, 133, 3}}},
    {"paris",
     "Paris",
     "FR",
     {12.4, 8.0},
     {{"montsouris", "Montsouris", 48.8217, 2.3378, 75, 1},
      {"le_bourget", "Le Bourget", 48.9694, 2.4414, 49, 3}}},
    {"amsterdam",
     "Amsterdam",
     "NL",
     {10.6, 7.3},
     {{"schiphol", "Schiphol", 52.3155, 4.7903, -3, 1},
      {"vondelpark", "Vondelpark", 52.3580, 4.8686, -1, 3}}},
};

std::vector<Station> list_stations() {
    std::vector<Station> stations{
        {"seattle",
         "Seattle",
         "seattle",
         "Seattle",
         "US",
         47.6062,
         -122.3321,
         56,
         day_h,
         StationKind::observed,
         {}},
        {"new_york",
         "New York",
         "new_york",
         "New York",
         "US",
         40.7128,
         -74.0060,
         10,
         day_h,
         StationKind::observed,
         {}},
    };
    for (const Town& town : towns) {
        for (const Place& place : town.places) {
            stations.push_back({std::string(town.key) + "_" + place.key, place.name, town.key,
                                town.name, town.country, place.latitude, place.longitude,
                                place.elevation_m, place.sample_h, place.kind, town.climate});
        }
    }
    stations.push_back({"lisbon_gago_coutinho",
                        "Gago Coutinho",
                        "lisbon",
                        "Lisbon",
                        "PT",
                        38.7664,
                        -9.1275,
                        104,
                        1,
                        StationKind::remote,
                        {17.4, 5.8}});
    return stations;
}

}  // namespace

const std::vector<Station>& all_stations() {
    static const std::vector<Station> stations = list_stations();
    return stations;
}

const Station* find_station(std::string_view key) {
    const std::vector<Station>& stations = all_stations();
    const auto found = std::find_if(stations.begin(), stations.end(),
                                    [key](const Station& station) { return station.key == key; });
    return found == stations.end() ? nullptr : &*found;
}

Location location_of(const Station& station) {
    return {.station = station.key,
            .name = station.name,
            .city = station.city,
            .city_name = station.city_name,
            .country = station.country,
            .latitude = station.latitude,
            .longitude = station.longitude,
            .elevation_m = station.elevation_m,
            .simulated = station.kind != StationKind::observed,
            .remote = station.kind == StationKind::remote,
            .sample_h = station.sample_h,
            .contract_version = station.kind == StationKind::simulated_v1 ? 1 : 2};
}

}  // namespace hub
