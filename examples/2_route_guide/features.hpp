// What this guide knows: places between Pennsylvania and New York, as in gRPC's tutorials. Nothing about RPC is here.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "route_guide.pb.h"

struct place {
  std::int32_t latitude, longitude;
  char const* name;
};

inline constexpr place places[] = {
    {407838351, -746143763, "Patriots Path, Mendham, NJ 07945, USA"},
    {408122808, -743999179, "101 New Jersey 10, Whippany, NJ 07981, USA"},
    {413628156, -749015468, "U.S. 6, Shohola, PA 18458, USA"},
    {419999544, -740371136, "5 Conners Road, Kingston, NY 12401, USA"},
    {414008389, -743951297, "Mid Hudson Psychiatric Center, New Hampton, NY 10958, USA"},
    {419611318, -746524769, "287 Flugertown Road, Livingston Manor, NY 12758, USA"},
    {406109563, -742186778, "4001 Tremley Point Road, Linden, NJ 07036, USA"},
    {416802456, -742370183, "352 South Mountain Road, Wallkill, NY 12589, USA"},
    {412950425, -741077389, "Bailey Turn Road, Harriman, NY 10926, USA"},
    {412144655, -743949739, "193-199 Wawayanda Road, Hewitt, NJ 07421, USA"},
    {415736605, -742847522, "406-496 Ward Avenue, Pine Bush, NY 12566, USA"},
    {413843930, -740501726, "162 Merrill Road, Highland Mills, NY 10930, USA"},
    {410873075, -744459023, "Clinton Road, West Milford, NJ 07480, USA"},
    {412346009, -744026814, "16 Old Brook Lane, Warwick, NY 10990, USA"},
    {402948455, -747903913, "3 Drake Lane, Pennington, NJ 08534, USA"},
    {406337092, -740122226, "6324 8th Avenue, Brooklyn, NY 11220, USA"},
    {406421967, -747727624, "1 Merck Access Road, Whitehouse Station, NJ 08889, USA"},
    {416318082, -749677716, "78-98 Schalck Road, Narrowsburg, NY 12764, USA"},
    {415301720, -748416257, "282 Lakeview Drive Road, Highland Lake, NY 12743, USA"},
    {402647019, -747071791, "330 Evelyn Avenue, Hamilton Township, NJ 08619, USA"},
    {412567807, -741058078, "New York State Reference Route 987E, Southfields, NY 10975, USA"},
    {416855156, -744420597, "103-271 Tempaloni Road, Ellenville, NY 12428, USA"},
    {404663628, -744820157, "1300 Airport Road, North Brunswick Township, NJ 08902, USA"},
    {409146138, -746188906, "Berkshire Valley Management Area Trail, Jefferson, NJ, USA"},
};

inline routeguide::Point point(std::int32_t latitude, std::int32_t longitude) {
  routeguide::Point made;
  made.set_latitude(latitude);
  made.set_longitude(longitude);
  return made;
}

inline routeguide::Feature to_feature(place const& from) {
  routeguide::Feature made;
  made.set_name(from.name);
  *made.mutable_location() = point(from.latitude, from.longitude);
  return made;
}

/// Null when nothing is there.
inline place const* find_place(routeguide::Point const& at) {
  for (place const& p : places)
    if (p.latitude == at.latitude() && p.longitude == at.longitude()) return &p;
  return nullptr;
}

/// The corners may come in either order.
inline bool is_inside(routeguide::Rectangle const& area, place const& p) {
  auto const between = [](std::int32_t x, std::int32_t a, std::int32_t b) {
    return std::min(a, b) <= x && x <= std::max(a, b);
  };
  return between(p.latitude, area.lo().latitude(), area.hi().latitude()) &&
         between(p.longitude, area.lo().longitude(), area.hi().longitude());
}

/// In metres, along the great circle (haversine).
inline double distance(routeguide::Point const& a, routeguide::Point const& b) {
  auto const radians = [](std::int32_t degrees) { return degrees / 1e7 * 3.14159265358979 / 180; };
  double const north = std::sin((radians(b.latitude()) - radians(a.latitude())) / 2);
  double const east = std::sin((radians(b.longitude()) - radians(a.longitude())) / 2);
  double const h = north * north + std::cos(radians(a.latitude())) * std::cos(radians(b.latitude())) * east * east;
  return 2 * 6371000 * std::asin(std::sqrt(h));
}

/// In degrees, to six places: within ten centimetres.
inline std::string to_text(routeguide::Point const& at) {
  return std::to_string(at.latitude() / 1e7) + ", " + std::to_string(at.longitude() / 1e7);
}
