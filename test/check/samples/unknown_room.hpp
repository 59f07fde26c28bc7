#pragma once  // reject: unknown_room as: include/heddle/attic/unknown_room.hpp check: layers
